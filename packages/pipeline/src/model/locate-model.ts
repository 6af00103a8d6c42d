import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { instructTemplateFile } from '@tinystories/dataset/instruct'
import { type DownloadOptions, downloadModel, WEIGHT_FILES } from '@tinystories/model/files'
import { listFolder } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'

/** How models are found: on the hub, or in the folder that holds all runs. */
export interface ModelAccess extends Pick<DownloadOptions, 'cacheDir' | 'offline' | 'token' | 'endpoint'> {
  /** Folder of runs: the newest model in it is taken where none is named. */
  runs?: string
  /**
   * Called with a model's place where it does not say which tokenizer it was trained with, as published ones do not: the
   * sizes alone were compared.
   */
  onUncertainTokenizer?: ((model: string) => void) | undefined
}

/**
 * The folder of a model, or the file of a checkpoint of llama2.c, which ends in `.bin`: for `hf://owner/name[@revision]` that of its download, for a run its `model`, for a folder with
 * a model that folder itself, and without a source that of the newest run.
 *
 * @throws PipelineError `no-model`, `no-trained-model`; what the hub throws
 */
export async function locateModel(
  source: string | undefined,
  { runs = 'runs', onUncertainTokenizer: _, ...hub }: ModelAccess,
  signal?: AbortSignal,
): Promise<string> {
  if (source === undefined) {
    const newest = await newestRunWithModel(runs)
    if (newest === undefined) throw new PipelineError('no-trained-model', { runs })
    return newest
  }
  if (source.endsWith('.bin') && (await isFile(source))) return source
  if (source.startsWith('hf://'))
    return downloadModel(source, { ...hub, besides: [instructTemplateFile], ...(signal && { signal }) })
  for (const folder of [join(source, 'model'), source])
    if ((await exists(join(folder, 'config.json'))) && (await hasWeights(folder))) return folder
  throw new PipelineError('no-model', { folder: source, exists: await exists(source) })
}

/**
 * Where the tokenizer of a located model is: in its folder; of a checkpoint of llama2.c beside it, as `tokenizer.bin` or
 * else the one file `tok*.bin`, as llama2.c names those of other sizes.
 *
 * @throws PipelineError `no-tokenizer-beside`
 */
export async function tokenizerPath(location: string): Promise<string> {
  if (!location.endsWith('.bin')) return location
  const folder = dirname(location)
  const names = await listFolder(folder)
  const found = names.filter(name => /^tok.*\.bin$/.test(name) && name !== basename(location))
  const [name] = names.includes('tokenizer.bin') ? ['tokenizer.bin'] : found.length === 1 ? found : []
  if (name === undefined) throw new PipelineError('no-tokenizer-beside', { model: location, found })
  return join(folder, name)
}

/** The file with the weights of a located model, or the index of several. */
export async function weightsPath(location: string): Promise<string> {
  if (location.endsWith('.bin')) return location
  for (const file of WEIGHT_FILES) if (await exists(join(location, file))) return join(location, file)
  throw new PipelineError('no-model', { folder: location, exists: true })
}

async function newestRunWithModel(runs: string): Promise<string | undefined> {
  let newest: { folder: string; time: number } | undefined
  for (const name of await readdir(runs).catch(() => [])) {
    const folder = join(runs, name, 'model')
    const info = await stat(join(folder, 'model.safetensors')).catch(() => undefined)
    if (info && (!newest || info.mtimeMs > newest.time)) newest = { folder, time: info.mtimeMs }
  }
  return newest?.folder
}

function hasWeights(folder: string): Promise<boolean> {
  return weightsPath(folder).then(
    () => true,
    () => false,
  )
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    info => info.isFile(),
    () => false,
  )
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
