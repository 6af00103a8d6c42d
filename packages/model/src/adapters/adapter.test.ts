import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gptConfig } from '../config.ts'
import {
  encodeSafetensors,
  loadPretrainedArrays,
  openSafetensors,
  type PretrainedArrays,
} from '../files/index.ts'
import { forward } from '../model.ts'
import { initParameterArrays, type Parameters, parameterShapes } from '../parameters.ts'
import { adaptedParameters, adapterShapes, initAdapter, mergeAdapter } from './adapter.ts'
import { loadAdapter, saveAdapter } from './adapter-files.ts'
import { type AdapterConfig, adapterSites, defaultTargets } from './sites.ts'

const goldens = new URL('../../goldens/', import.meta.url).pathname
interface Golden {
  ids: number[]
  lastLogits: number[]
}
const expected = JSON.parse(await readFile(join(goldens, 'adapters/expected.json'), 'utf8')) as Record<
  string,
  Golden
>
let folder: string
let base: PretrainedArrays
beforeAll(async () => {
  await useBackend('cpu')
  folder = await mkdtemp(join(tmpdir(), 'tinystories-adapter-'))
  base = await loadPretrainedArrays(join(goldens, 'from-transformers/gpt_neo'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const peft = (name: string): string => join(goldens, 'adapters', name)
const tensorsOf = (shapes: Record<string, number[]>, arrays: Record<string, Float32Array>): Parameters =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(arrays[name]!, shape)]))

describe.each(['gpt_neo', 'gpt2'])('an adapter that PEFT trained for %s', name => {
  test('gives the logits of PEFT, added while it runs and merged for good', async () => {
    const model = await loadPretrainedArrays(join(goldens, 'from-transformers', name))
    const { config } = model
    const { config: adapter, parameters, check } = await loadAdapter(peft(name), model)
    expect(check).toBe('shapes')
    const { ids, lastLogits } = expected[name]!
    const all = { ...model.parameters, ...parameters }
    const shapes = parameterShapes(config)
    const tensors = tensorsOf({ ...shapes, ...adapterShapes(config, adapter) }, all)
    const lastOf = (weights: Parameters): number[] =>
      Array.from(forward(config, weights, tf.tensor2d([ids], undefined, 'int32')).dataSync()).slice(
        -config.vocabSize,
      )
    const plain = lastOf(tensors)
    for (const weights of [
      adaptedParameters(config, adapter, tensors),
      tensorsOf(shapes, mergeAdapter(config, adapter, all)),
    ]) {
      const logits = lastOf(weights)
      // float32 sums in another order than PyTorch's.
      for (const [i, logit] of logits.entries()) expect(logit).toBeNear(lastLogits[i]!, { absolute: 1e-5 })
      expect(logits.some((logit, i) => Math.abs(logit - plain[i]!) > 0.01)).toBe(true)
    }
  })

  test('is written again with the same names, shapes and values', async () => {
    const model = await loadPretrainedArrays(join(goldens, 'from-transformers', name))
    const adapter = await loadAdapter(peft(name), model)
    const copy = join(folder, `copy-${name}`)
    await saveAdapter(copy, adapter, model, 'base')
    const [theirs, ours] = await Promise.all(
      [peft(name), copy].map(async at => {
        const file = await openSafetensors(join(at, 'adapter_model.safetensors'))
        const tensors: Record<string, unknown> = {}
        for (const [tensor, { shape }] of file.tensors) tensors[tensor] = [shape, await file.read(tensor)]
        await file.close()
        return tensors
      }),
    )
    expect(ours).toEqual(theirs)
    const again = await loadAdapter(copy, model)
    expect(again).toEqual({ ...adapter, check: 'hash' })
    const json = JSON.parse(await readFile(join(copy, 'adapter_config.json'), 'utf8'))
    expect(json).toMatchObject({
      peft_type: 'LORA',
      r: adapter.config.rank,
      fan_in_fan_out: name === 'gpt2',
      base_model_name_or_path: 'base',
    })
  })
})

test('gradients are those of W + alpha / rank · A · B, and none of W', () => {
  const adapter: AdapterConfig = { rank: 2, alpha: 3, targets: ['q_proj', 'v_proj'] }
  const { config } = base
  const shapes = adapterShapes(config, adapter)
  const drawn = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.randomNormal(shape, 0, 1, 'float32', 1)]),
  )
  const weight = 'layers.0.attention.qkv.weight'
  const width = config.hiddenSize
  const parameters = { ...tensorsOf(parameterShapes(config), base.parameters), ...drawn }
  const names = [weight, ...Object.keys(drawn).filter(name => name.includes('.h.0.'))]
  const toward = tf.randomNormal([width, 3 * width], 0, 1, 'float32', 2)
  const gradientsOf = (weightOf: (given: Parameters) => tf.Tensor): Float32Array[] =>
    tf
      .grads((...given: tf.Tensor[]) =>
        tf.sum(
          tf.mul(
            toward,
            weightOf({ ...parameters, ...Object.fromEntries(names.map((n, i) => [n, given[i]!])) }),
          ),
        ),
      )(names.map(name => parameters[name]!))
      .map(gradient => gradient.dataSync() as Float32Array)
  const ours = gradientsOf(given => adaptedParameters(config, adapter, given)[weight]!)
  const module = 'adapter.transformer.h.0.attn.attention'
  const change = (given: Parameters, part: string): tf.Tensor =>
    tf.mul(tf.matMul(given[`${module}.${part}.A`]!, given[`${module}.${part}.B`]!), 1.5)
  const plain = gradientsOf(given =>
    tf.add(
      given[weight]!,
      tf.concat([change(given, 'q_proj'), tf.zeros([width, width]), change(given, 'v_proj')], 1),
    ),
  )
  expect(new Set(ours[0])).toEqual(new Set([0]))
  for (let i = 1; i < names.length; i++) expect(ours[i]).toBeNear(plain[i]!, { relative: 1e-5 })
})

test('a fresh adapter changes nothing, and its seed decides it', () => {
  const { config } = base
  const adapter: AdapterConfig = { rank: 3, alpha: 6, targets: ['all-linear'] }
  const fresh = initAdapter(config, adapter, 1)
  expect(mergeAdapter(config, adapter, { ...base.parameters, ...fresh })).toEqual(base.parameters)
  expect(initAdapter(config, adapter, 1)).toEqual(fresh)
  expect(initAdapter(config, adapter, 2)).not.toEqual(fresh)
  const a = fresh['adapter.transformer.h.0.mlp.c_proj.A']!
  const bound = 1 / Math.sqrt(a.length / 3)
  expect(Math.max(...a.map(Math.abs))).toBeLessThan(bound)
  expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.9 * bound)
})

test('targets are ends of names', () => {
  const modules = (targets: string[]): string[] =>
    adapterSites(base.config, targets).map(({ module }) => module)
  expect(defaultTargets(base.config)).toEqual(['q_proj', 'v_proj'])
  expect(modules(['mlp.c_proj'])[0]).toBe('transformer.h.0.mlp.c_proj')
  expect(modules(['all-linear']).length).toBe(6 * base.config.layers)
  for (const targets of [['proj'], [], ['q_proj', 'lm_head']])
    expect(() => modules(targets)).toThrow(expect.objectContaining({ code: 'unknown-target' }))
})

describe('refuses', () => {
  const changed = async (
    name: string,
    change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void,
    config: object = {},
  ): Promise<string> => {
    const at = join(folder, name)
    await cp(peft('gpt_neo'), at, { recursive: true })
    const path = join(at, 'adapter_model.safetensors')
    const file = await openSafetensors(path)
    const tensors = new Map<string, { shape: number[]; data: Float32Array }>()
    for (const [tensor, { shape }] of file.tensors)
      tensors.set(tensor, { shape, data: await file.read(tensor) })
    await file.close()
    change(tensors)
    await writeFile(path, Buffer.concat(encodeSafetensors([...tensors].map(([name, t]) => ({ name, ...t })))))
    const json = JSON.parse(await readFile(join(at, 'adapter_config.json'), 'utf8'))
    await writeFile(join(at, 'adapter_config.json'), JSON.stringify({ ...json, ...config }))
    return at
  }
  const a0 = 'base_model.model.transformer.h.0.attn.attention.q_proj.lora_A.weight'

  test('an adapter of other weights', async () => {
    const adapter: AdapterConfig = { rank: 1, alpha: 1, targets: ['v_proj'] }
    const own = { config: adapter, parameters: initAdapter(base.config, adapter) }
    const at = join(folder, 'own')
    await saveAdapter(at, own, base)
    const [name, values] = Object.entries(base.parameters)[0]!
    const other = { ...base, parameters: { ...base.parameters, [name]: values.map(value => value + 1) } }
    await expect(loadAdapter(at, other)).rejects.toMatchObject({ code: 'other-base' })
    const gpt2 = await loadPretrainedArrays(join(goldens, 'from-transformers/gpt2'))
    await expect(loadAdapter(at, gpt2)).rejects.toMatchObject({ code: 'adapter-does-not-fit' })
  })

  test.each<[string, (t: Map<string, { shape: number[]; data: Float32Array }>) => void, object, object]>([
    ['no-tensor', t => t.clear(), {}, { code: 'adapter-does-not-fit' }],
    ['missing', t => t.delete(a0), {}, { code: 'adapter-does-not-fit', details: { tensor: a0 } }],
    ['rank', () => {}, { r: 3 }, { code: 'adapter-does-not-fit', details: { tensor: a0 } }],
    ['nan', t => t.get(a0)!.data.fill(Number.NaN), {}, { code: 'not-finite', details: { tensor: a0 } }],
    ['dora', () => {}, { use_dora: true }, { code: 'unsupported', details: { field: 'use_dora' } }],
    ['bias', () => {}, { bias: 'all' }, { code: 'unsupported', details: { field: 'bias' } }],
    ['ia3', () => {}, { peft_type: 'IA3' }, { code: 'unsupported', details: { field: 'peft_type' } }],
    ['saved', () => {}, { modules_to_save: ['wte'] }, { code: 'unsupported' }],
    ['patterns', () => {}, { rank_pattern: { q_proj: 4 } }, { code: 'invalid-value' }],
    ['zero', () => {}, { r: 0 }, { code: 'invalid-value' }],
  ])('%s', async (name, change, config, error) => {
    await expect(loadAdapter(await changed(name, change, config), base)).rejects.toMatchObject(error)
  })

  test('a folder without one', async () => {
    await expect(loadAdapter(folder, base)).rejects.toMatchObject({ code: 'missing-file' })
  })
})

test('a model in the layout of Llama has maps of its own, keys and values smaller than queries', () => {
  const config = gptConfig('sample', {
    ...{ vocabSize: 11, contextLength: 8, hiddenSize: 8, layers: 1, heads: 4, keyValueHeads: 2 },
    ...{
      rotary: { base: 100 },
      norm: 'rms',
      activation: 'swiglu',
      attentionScale: true,
      attention: ['global'],
    },
    bias: { qkv: false, attentionOutput: false, mlp: false },
  })
  const sites = adapterSites(config, defaultTargets(config))
  expect(sites.map(({ module, from, outputs }) => [module.replace(/^.*\./, ''), from, outputs])).toEqual([
    ['q_proj', 0, 8],
    ['v_proj', 12, 4],
  ])
  const adapter: AdapterConfig = { rank: 1, alpha: 1, targets: ['all-linear'] }
  const base = initParameterArrays(config, 1)
  const ones = Object.fromEntries(
    Object.entries(adapterShapes(config, adapter)).map(([name, [rows, columns]]) => [
      name,
      new Float32Array(rows! * columns!).fill(1),
    ]),
  )
  // Every number of every map is one larger.
  const merged = mergeAdapter(config, adapter, { ...base, ...ones })
  const changed = Object.keys(base).filter(name => merged[name] !== base[name])
  expect(changed).toEqual(
    ['attention.qkv', 'attention.output', 'mlp.up', 'mlp.down'].map(name => `layers.0.${name}.weight`),
  )
  for (const name of changed)
    expect(merged[name]).toBeNear(
      base[name]!.map(value => value + 1),
      { relative: 1e-6 },
    )
})
