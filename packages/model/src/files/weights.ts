import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { ModelFileError } from '../errors/index.ts'
import { type ModelFolder, readJson } from './model-folder.ts'
import { readSafetensors } from './safetensors-file.ts'
import { readTorchFile, type WeightFile } from './torch-file.ts'

/** All tensors of a model by transformers' full names, in one file or many. */
export interface Weights {
  /** The file, or the index of several, for messages. */
  path: string
  tensors: Map<string, { shape: number[]; read(): Promise<Float32Array> }>
  close(): Promise<void>
}

/** Files of a tokenizer, taken along where a model has them. */
export const TOKENIZER_FILES: readonly string[] = ['tokenizer.json', 'vocab.txt', 'vocab.json', 'merges.txt']

/** Files that weights are looked for in; the first that is there counts. */
export const WEIGHT_FILES: readonly string[] = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
]

/**
 * @param file the one to take; by default the first of {@link WEIGHT_FILES}, or the shards of an index
 * @param prefix of all tensors but the head; a bare model has none in its file
 */
export async function openWeights(
  folder: ModelFolder,
  file: string | undefined,
  prefix: string,
): Promise<Weights> {
  const first = file ?? (await findWeights(folder))
  const names = await listShards(folder, first)
  const files: WeightFile[] = []
  const close = async (): Promise<void> => {
    await Promise.all(files.map(opened => opened.close()))
  }
  const tensors: Weights['tensors'] = new Map()
  try {
    for (const name of names) {
      const access = await folder.open(name)
      const opened = await (name.endsWith('.bin') ? readTorchFile(access) : readSafetensors(access))
      files.push(opened)
      for (const [tensor, { shape }] of opened.tensors) {
        if (isBuffer(tensor)) continue
        const full = tensor.startsWith(prefix) || tensor === 'lm_head.weight' ? tensor : `${prefix}${tensor}`
        if (tensors.has(full))
          throw new ModelFileError('duplicate-tensor', { path: folder.path(name), tensor })
        tensors.set(full, { shape, read: () => opened.read(tensor) })
      }
    }
  } catch (error) {
    await close()
    throw error
  }
  return { path: folder.path(first), tensors, close }
}

const indexSchema = v.object({
  weight_map: v.pipe(
    v.record(v.string(), v.pipe(v.string(), v.check(isPlainName, 'the name of a file in the same folder'))),
    v.check(map => Object.keys(map).length > 0, 'at least one tensor'),
  ),
})

async function findWeights(folder: ModelFolder): Promise<string> {
  for (const file of WEIGHT_FILES) if (await folder.has(file)) return file
  throw new ModelFileError('missing-file', { path: folder.name, files: WEIGHT_FILES })
}

/** The files that an index names, or the file itself where it is none. */
export async function listShards(folder: ModelFolder, file: string): Promise<string[]> {
  if (!file.endsWith('.json')) return [file]
  const index = parseValue(indexSchema, await readJson(folder, file), folder.path(file))
  return [...new Set(Object.values(index.weight_map))]
}

/** Whether this is the name of a file in the same folder, and no path that leads out of it. */
function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[\\/]/.test(name)
}

/** Constants that older transformers saved with the weights: the causal mask, its fill value, the angles of positions. */
function isBuffer(name: string): boolean {
  return /(^|\.)(attn(\.attention)?\.(bias|masked_bias)|rotary_emb\.inv_freq)$/.test(name)
}
