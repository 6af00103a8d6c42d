import { builtin } from '@tinystories/utils/node'
import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import type { GptConfig } from '../config.ts'
import { ModelFileError } from '../errors/index.ts'
import { openFolder, readJson } from '../files/model-folder.ts'
import { encodeSafetensors } from '../files/safetensors.ts'
import { readSafetensors } from '../files/safetensors-file.ts'
import { fileFormat, tensorFormat } from '../files/transformers-config.ts'
import { parameterShapes } from '../parameters.ts'
import { nameOfA, nameOfB } from './adapter.ts'
import { type AdapterConfig, type AdapterSite, adapterSites, linearSites } from './sites.ts'

/** A model that an adapter belongs to. */
export interface AdapterBase {
  config: GptConfig
  parameters: Record<string, Float32Array>
}

/** An adapter as arrays, by our names. */
export interface Adapter {
  config: AdapterConfig
  parameters: Record<string, Float32Array>
}

/** Whether an adapter is known to be the base's: `hash`, or its shapes merely fit: `shapes`. */
export type AdapterCheck = 'hash' | 'shapes'

const prefix = 'base_model.model.'
const weightsName = 'adapter_model.safetensors'
const configName = 'adapter_config.json'
/** In the header of the file: which weights the adapter was trained on. PEFT leaves it aside. */
const baseKey = 'tinystories_base'

/**
 * Writes an adapter as PEFT lays one out: `adapter_config.json` and `adapter_model.safetensors`, with a hash of the base
 * so that it is not put on another model.
 *
 * @param baseName what `base_model_name_or_path` says
 * @throws FileError when a file cannot be written
 */
export async function saveAdapter(
  folder: string,
  { config: adapter, parameters }: Adapter,
  base: AdapterBase,
  baseName: string | null = null,
): Promise<void> {
  const { join } = builtin('node:path')
  const { createFolder, writeFileAtomically } = await import('@tinystories/utils/disk')
  const { rank } = adapter
  const tensors = adapterSites(base.config, adapter.targets).flatMap(site => {
    const { module, inputs, outputs } = site
    return [
      {
        name: `${prefix}${module}.lora_A.weight`,
        shape: [rank, inputs],
        data: transpose(parameters[nameOfA(site)]!, inputs, rank),
      },
      {
        name: `${prefix}${module}.lora_B.weight`,
        shape: [outputs, rank],
        data: transpose(parameters[nameOfB(site)]!, rank, outputs),
      },
    ]
  })
  const hash = await hashParameters(base.parameters)
  const metadata = { format: 'pt', ...(hash === undefined ? {} : { [baseKey]: hash }) }
  const [target] = adapter.targets
  const json = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseName,
    inference_mode: true,
    r: rank,
    lora_alpha: adapter.alpha,
    lora_dropout: 0,
    target_modules: adapter.targets.length === 1 && target === 'all-linear' ? target : adapter.targets,
    bias: 'none',
    fan_in_fan_out: tensorFormat(fileFormat(base.config)).linear === 'in-out',
    init_lora_weights: true,
    modules_to_save: null,
    use_rslora: false,
    use_dora: false,
  }
  await createFolder(folder)
  await writeFileAtomically(join(folder, weightsName), encodeSafetensors(tensors, metadata))
  await writeFileAtomically(join(folder, configName), `${JSON.stringify(json, null, 2)}\n`)
}

const emptyRecord = v.nullish(v.pipe(v.record(v.string(), v.unknown()), v.maxEntries(0, 'nothing')))
const configSchema = v.looseObject({
  peft_type: v.string(),
  r: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  lora_alpha: v.number(),
  use_rslora: v.nullish(v.boolean(), false),
  bias: v.nullish(v.string(), 'none'),
  modules_to_save: v.nullish(v.array(v.string()), []),
  rank_pattern: emptyRecord,
  alpha_pattern: emptyRecord,
})

/**
 * Reads an adapter that PEFT or {@link saveAdapter} wrote, for a model. Which maps it adapts is inferred from its tensors.
 *
 * @throws ModelFileError `unsupported` for what is not plain LoRA, `adapter-does-not-fit`, `other-base`, and those of
 *   safetensors; InputError
 */
export async function loadAdapter(
  folder: string,
  base: AdapterBase,
): Promise<Adapter & { check: AdapterCheck }> {
  const files = await openFolder(folder)
  for (const file of [configName, weightsName])
    if (!(await files.has(file))) throw new ModelFileError('missing-file', { path: folder, files: [file] })
  const path = files.path(configName)
  const settings = parseValue(configSchema, await readJson(files, configName), path)
  refuseOthers(path, settings)
  const { r: rank, lora_alpha, use_rslora } = settings
  const alpha = use_rslora ? lora_alpha * Math.sqrt(rank) : lora_alpha
  const file = await readSafetensors(await files.open(weightsName))
  const weightsPath = files.path(weightsName)
  try {
    const sites = sitesOf(base.config, [...file.tensors.keys()], weightsPath)
    const parameters: Record<string, Float32Array> = {}
    for (const site of sites) {
      const { module, inputs, outputs } = site
      for (const [part, expected, name] of [
        ['A', [rank, inputs], nameOfA(site)],
        ['B', [outputs, rank], nameOfB(site)],
      ] as const) {
        const tensor = `${prefix}${module}.lora_${part}.weight`
        const found = file.tensors.get(tensor)?.shape
        if (String(found) !== String(expected))
          throw new ModelFileError('adapter-does-not-fit', { path: weightsPath, tensor, found, expected })
        const values = await file.read(tensor)
        const index = values.findIndex(value => !Number.isFinite(value))
        if (index !== -1)
          throw new ModelFileError('not-finite', { path: weightsPath, tensor, value: values[index]!, index })
        parameters[name] = transpose(values, expected[0], expected[1])
      }
    }
    const hash = file.metadata[baseKey]
    const ours = hash === undefined ? undefined : await hashParameters(base.parameters)
    if (ours !== undefined && ours !== hash) throw new ModelFileError('other-base', { path: weightsPath })
    const targets = sites.map(({ module }) => module)
    return { config: { rank, alpha, targets }, parameters, check: ours === undefined ? 'shapes' : 'hash' }
  } finally {
    await file.close()
  }
}

function refuseOthers(path: string, config: v.InferOutput<typeof configSchema>): void {
  const refused: [field: string, value: unknown, isRefused: boolean, supported: string][] = [
    ['peft_type', config.peft_type, config.peft_type !== 'LORA', 'LORA'],
    ['bias', config.bias, config.bias !== 'none', 'none'],
    ['modules_to_save', config.modules_to_save, config.modules_to_save.length > 0, 'null'],
  ]
  // Each variant of LoRA has a switch of its own: use_dora, use_qalora.
  for (const [field, value] of Object.entries(config))
    if (field.startsWith('use_') && field !== 'use_rslora')
      refused.push([field, value, value === true, 'false'])
  for (const [field, value, isRefused, supported] of refused)
    if (isRefused) throw new ModelFileError('unsupported', { path, field, value, supported: [supported] })
}

/** The maps that the tensors of a file adapt. */
function sitesOf(config: GptConfig, tensors: readonly string[], path: string): AdapterSite[] {
  const sites = new Map(linearSites(config).map(site => [site.module, site]))
  const adapted = new Set<AdapterSite>()
  for (const tensor of tensors) {
    const [, module] = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(tensor) ?? []
    const site = module === undefined ? undefined : sites.get(module)
    if (!site) throw new ModelFileError('adapter-does-not-fit', { path, tensor })
    adapted.add(site)
  }
  if (adapted.size === 0) throw new ModelFileError('adapter-does-not-fit', { path })
  return [...sites.values()].filter(site => adapted.has(site))
}

/** `[rows, columns]` to `[columns, rows]`. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!
  return turned
}

/** SHA-256 of the SHA-256 of each parameter in the order of their names; undefined where the platform has none. */
async function hashParameters(parameters: Record<string, Float32Array>): Promise<string | undefined> {
  const { subtle } = globalThis.crypto ?? {}
  if (subtle === undefined) return undefined
  const hex = (digest: ArrayBuffer): string =>
    Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
  const parts: string[] = []
  for (const name of Object.keys(parameters).sort()) {
    const { buffer, byteOffset, byteLength } = parameters[name]!
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
    parts.push(`${name} ${hex(await subtle.digest('SHA-256', bytes))}`)
  }
  return hex(await subtle.digest('SHA-256', new TextEncoder().encode(parts.join('\n'))))
}

/** The parameters of a model, by their names in {@link parameterShapes}, without those of its adapter. */
export function baseParameters(
  config: GptConfig,
  arrays: Record<string, Float32Array>,
): Record<string, Float32Array> {
  return Object.fromEntries(Object.keys(parameterShapes(config)).map(name => [name, arrays[name]!]))
}
