import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { FileError } from '@tinystories/utils/disk'
import { InputError } from '@tinystories/utils/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GptConfig, type GptOverrides, gptConfig } from '../config.ts'
import { ModelFileError } from '../errors/index.ts'
import { forward } from '../model.ts'
import { tinyArrays, tinyConfig, tinyModel } from '../testing/tiny.ts'
import { loadPretrained, loadPretrainedArrays } from './load.ts'
import { encodeSafetensors, type SafetensorsInput } from './safetensors.ts'
import { openSafetensors } from './safetensors-file.ts'
import { saveSafetensors } from './save.ts'
import { fromTransformersConfig, toTransformersConfig } from './transformers-config.ts'

let root: string
let folder: string
let count = 0
beforeAll(async () => {
  await useBackend('cpu')
  root = await mkdtemp(join(tmpdir(), 'model-'))
})
beforeEach(() => {
  folder = join(root, String(count++))
})
afterAll(() => rm(root, { recursive: true }))

const gpt2: GptOverrides = {
  attention: ['global'],
  attentionScale: true,
  bias: { qkv: true, attentionOutput: true, mlp: true },
  localWindow: 8,
}
const variants: [string, string, GptOverrides][] = [
  ['GPT-Neo', 'gpt_neo', {}],
  ['GPT-Neo with a free head and a narrow MLP', 'gpt_neo', { tiedHead: false, mlpSize: 5 }],
  ['GPT-2', 'gpt2', gpt2],
  ['GPT-2 with a free head', 'gpt2', { ...gpt2, tiedHead: false }],
  ['what neither has', 'tinystories_gpt', { attentionScale: true, bias: { mlp: false } }],
]

/** Rewrites the weights of {@link folder} with some tensors changed, added or (undefined) left out. */
async function tamper(changes: Record<string, Partial<SafetensorsInput> | undefined>): Promise<void> {
  const path = join(folder, 'model.safetensors')
  const file = await openSafetensors(path)
  const tensors: SafetensorsInput[] = []
  for (const [name, { shape }] of file.tensors) {
    tensors.push({ name, shape, data: await file.read(name) })
  }
  await file.close()
  const kept = tensors
    .filter(({ name }) => !(name in changes) || changes[name])
    .map(tensor => ({ ...tensor, ...changes[tensor.name] }))
  const known = new Set(tensors.map(({ name }) => name))
  const added = Object.entries(changes).filter(([name]) => !known.has(name))
  const all = [...kept, ...added.map(([name, tensor]) => ({ name, ...tensor }) as SafetensorsInput)]
  await writeFile(path, Buffer.concat(encodeSafetensors(all)))
}

async function configure(changes: Record<string, unknown>): Promise<void> {
  const path = join(folder, 'config.json')
  const config = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...config, ...changes }))
}

describe.each(variants)('a model saved and loaded: %s', (_, type, overrides) => {
  it('is the same to the last bit, from tensors and from arrays', async () => {
    const model = tinyModel(overrides)
    const arrays = tinyArrays(model.config)
    await saveSafetensors(folder, model, { stopIds: [7] })
    const bytes = await readFile(join(folder, 'model.safetensors'))
    await saveSafetensors(folder, { config: model.config, parameters: arrays })
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(bytes)
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')).model_type).toBe(type)
    const back = await loadPretrainedArrays(folder)
    expect(back.config).toEqual(model.config)
    expect(back.parameters).toEqual(arrays)
    const loaded = await loadPretrained(folder)
    for (const [name, tensor] of Object.entries(loaded.parameters)) {
      expect(tensor.shape).toEqual(model.parameters[name]!.shape)
      expect(await tensor.data()).toEqual(arrays[name])
    }
    tf.dispose([loaded.parameters, model.parameters])
  })

  it('leaves nothing but the two files', async () => {
    await saveSafetensors(folder, {
      config: tinyConfig(overrides),
      parameters: tinyArrays(tinyConfig(overrides)),
    })
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors'])
  })
})

describe('saveSafetensors', () => {
  it('keeps the stop tokens, the hash of the tokenizer and the metadata', async () => {
    const config = tinyConfig()
    await saveSafetensors(
      folder,
      { config, parameters: tinyArrays(config) },
      { stopIds: [7, 2], tokenizerHash: 'abc', metadata: { step: '12' } },
    )
    expect(await loadPretrainedArrays(folder)).toMatchObject({
      endOfTextId: 7,
      stopIds: [7, 2],
      tokenizerHash: 'abc',
    })
    const file = await openSafetensors(join(folder, 'model.safetensors'))
    expect(file.metadata).toEqual({ format: 'pt', step: '12' })
    await file.close()
  })

  it('names every parameter that does not fit, and writes nothing', async () => {
    const config = tinyConfig()
    const { 'finalNorm.bias': _, ...parameters } = tinyArrays(config)
    parameters['embedding.token'] = new Float32Array(3)
    parameters.extra = new Float32Array(3)
    const saving = saveSafetensors(folder, { config, parameters })
    await expect(saving).rejects.toThrow(
      '"extra" is not part of the model; "embedding.token" is [3], not [11,6]; "finalNorm.bias" is missing',
    )
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it('keeps the old file and no temporary one when writing fails', async () => {
    const config = tinyConfig()
    const parameters = tinyArrays(config)
    await saveSafetensors(folder, { config, parameters })
    const before = await readFile(join(folder, 'model.safetensors'))
    await expect(saveSafetensors(join(folder, 'model.safetensors'), { config, parameters })).rejects.toThrow(
      FileError,
    )
    expect(await readFile(join(folder, 'model.safetensors'))).toEqual(before)
    expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors'])
  })
})

describe('saving for transformers', () => {
  it('writes missing biases as zeros, and the model computes the same', async () => {
    for (const [overrides, type] of [
      [{ ...gpt2, bias: { qkv: false, attentionOutput: false, mlp: false } }, 'gpt2'],
      [{ ...gpt2, attentionScale: false }, 'gpt2'],
      [{ bias: { mlp: false } }, 'gpt_neo'],
    ] as [GptOverrides, string][]) {
      const config = tinyConfig(overrides)
      const parameters = tinyArrays(config)
      await saveSafetensors(folder, { config, parameters }, { target: 'transformers' })
      expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')).model_type).toBe(type)
      const back = await loadPretrained(folder)
      const original = tinyModel(overrides)
      tf.tidy(() => {
        const ids = tf.tensor2d([[1, 2, 3, 4, 5, 6, 7]], [1, 7], 'int32')
        // Float32 sums with and without zeros.
        expect(forward(back.config, back.parameters, ids).dataSync()).toBeNear(
          forward(original.config, original.parameters, ids).dataSync(),
          { absolute: 1e-6 },
        )
      })
      tf.dispose([back.parameters, original.parameters])
    }
  })

  it('refuses what transformers has no model for, and writes nothing', async () => {
    const config = tinyConfig({ attentionScale: true, attention: ['local'] })
    const saving = saveSafetensors(
      folder,
      { config, parameters: tinyArrays(config) },
      { target: 'transformers' },
    )
    await expect(saving).rejects.toThrow('transformers has no model with local attention and scaled scores')
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })
})

describe('loadPretrained', () => {
  const save = (overrides: GptOverrides = gpt2): Promise<void> => {
    const config = tinyConfig(overrides)
    return saveSafetensors(folder, { config, parameters: tinyArrays(config) })
  }

  it('ignores the mask buffers of older files, and does without the prefix', async () => {
    await save()
    const config = tinyConfig(gpt2)
    const path = join(folder, 'model.safetensors')
    const file = await openSafetensors(path)
    const tensors: SafetensorsInput[] = [
      { name: 'h.0.attn.bias', shape: [1, 1, 2, 2], data: new Float32Array(4) },
      { name: 'h.0.attn.masked_bias', shape: [], data: new Float32Array(1) },
    ]
    for (const [name, { shape }] of file.tensors) {
      tensors.push({ name: name.replace('transformer.', ''), shape, data: await file.read(name) })
    }
    await file.close()
    await writeFile(path, Buffer.concat(encodeSafetensors(tensors)))
    expect((await loadPretrainedArrays(folder)).parameters).toEqual(tinyArrays(config))
  })

  it('sees by their shape that linear maps lie the other way round', async () => {
    const config = tinyConfig(gpt2)
    await save()
    const arrays = tinyArrays(config)
    const turned = (name: string, rows: number, columns: number): Partial<SafetensorsInput> => ({
      shape: [columns, rows],
      data: Float32Array.from(
        { length: rows * columns },
        (_, i) => arrays[name]![(i % rows) * columns + Math.floor(i / rows)]!,
      ),
    })
    const changes: Record<string, Partial<SafetensorsInput>> = {}
    for (const layer of [0, 1]) {
      const at = `transformer.h.${layer}`
      changes[`${at}.attn.c_attn.weight`] = turned(`layers.${layer}.attention.qkv.weight`, 6, 18)
      changes[`${at}.attn.c_proj.weight`] = turned(`layers.${layer}.attention.output.weight`, 6, 6)
      changes[`${at}.mlp.c_fc.weight`] = turned(`layers.${layer}.mlp.up.weight`, 6, 24)
      changes[`${at}.mlp.c_proj.weight`] = turned(`layers.${layer}.mlp.down.weight`, 24, 6)
    }
    await tamper(changes)
    expect((await loadPretrainedArrays(folder)).parameters).toEqual(arrays)
  })

  it('reads shards', async () => {
    await save()
    const expected = (await loadPretrainedArrays(folder)).parameters
    const file = await openSafetensors(join(folder, 'model.safetensors'))
    const names = [...file.tensors.keys()]
    const map: Record<string, string> = {}
    for (const [i, shard] of ['a.safetensors', 'b.safetensors'].entries()) {
      const tensors: SafetensorsInput[] = []
      for (const name of names.filter((_, j) => j % 2 === i)) {
        map[name] = shard
        tensors.push({ name, shape: file.tensors.get(name)!.shape, data: await file.read(name) })
      }
      await writeFile(join(folder, shard), Buffer.concat(encodeSafetensors(tensors)))
    }
    await file.close()
    await rm(join(folder, 'model.safetensors'))
    const index = join(folder, 'model.safetensors.index.json')
    await writeFile(index, JSON.stringify({ weight_map: map }))
    expect((await loadPretrainedArrays(folder)).parameters).toEqual(expected)
    await writeFile(index, JSON.stringify({ weight_map: { a: '../a.safetensors' } }))
    await expect(loadPretrainedArrays(folder)).rejects.toThrow(
      /weight_map\.a: expected the name of a file in the same folder/,
    )
  })

  it('takes a head that repeats the embedding for a tied one', async () => {
    await save()
    const config = tinyConfig(gpt2)
    await tamper({ 'lm_head.weight': { shape: [11, 6], data: tinyArrays(config)['embedding.token']! } })
    expect((await loadPretrainedArrays(folder)).config.tiedHead).toBe(true)
    await tamper({ 'lm_head.weight': { data: new Float32Array(66) } })
    await expect(loadPretrainedArrays(folder)).rejects.toThrow(/ties the head .* lm_head\.weight differs/)
    await configure({ tie_word_embeddings: undefined })
    expect((await loadPretrainedArrays(folder)).config.tiedHead).toBe(false)
  })

  it.each<[string, Record<string, Partial<SafetensorsInput> | undefined>, RegExp]>([
    ['missing', { 'transformer.ln_f.bias': undefined }, /"transformer\.ln_f\.bias" is missing/],
    [
      'extra',
      { 'transformer.h.2.ln_1.weight': { shape: [0], data: new Float32Array(0) } },
      /"transformer\.h\.2\.ln_1\.weight" is not part of the model/,
    ],
    [
      'of a wrong shape',
      { 'transformer.wpe.weight': { shape: [6, 8] } },
      /"transformer\.wpe\.weight" is \[6,8\], not \[8,6\]/,
    ],
    [
      'NaN',
      { 'transformer.ln_f.bias': { data: Float32Array.of(0, 0, Number.NaN, 0, 0, 0) } },
      /"transformer\.ln_f\.bias" holds NaN at 2/,
    ],
    [
      'infinite',
      { 'transformer.ln_f.bias': { data: new Float32Array(6).fill(Number.POSITIVE_INFINITY) } },
      /holds Infinity at 0/,
    ],
  ])('names a tensor that is %s', async (_, changes, message) => {
    await save()
    await tamper(changes)
    await expect(loadPretrainedArrays(folder)).rejects.toThrow(ModelFileError)
    await expect(loadPretrainedArrays(folder)).rejects.toThrow(message)
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'another kind of model',
      { model_type: 'mistral' },
      /model_type "mistral" is not supported\. Supported: gpt2/,
    ],
    ['another activation', { activation_function: 'relu' }, /activation_function "relu" is not supported/],
    ['heads that do not divide', { n_head: 4 }, /config\.json: heads \(4\) must divide hiddenSize \(6\)/],
    ['a size that is text', { vocab_size: '11' }, /config\.json: vocab_size: expected number, found "11"/],
    ['no depth', { n_layer: undefined }, /config\.json: n_layer: expected/],
    ['a depth that lies', { n_layer: 1e9 }, /n_layer: expected <=1000, found 1000000000/],
    [
      'scores scaled by depth',
      { scale_attn_by_inverse_layer_idx: true },
      /scale_attn_by_inverse_layer_idx true is not supported/,
    ],
  ])('names the field of a config.json with %s', async (_, changes, message) => {
    await save()
    await configure(changes)
    await expect(loadPretrainedArrays(folder)).rejects.toThrow(message)
  })

  it('says which file is missing or no JSON', async () => {
    await expect(loadPretrained(join(root, 'nowhere'))).rejects.toThrow(
      /config\.json: cannot be read \(ENOENT\)/,
    )
    await save()
    await rm(join(folder, 'model.safetensors'))
    await expect(loadPretrained(folder)).rejects.toThrow(/has no model\.safetensors and no/)
    await writeFile(join(folder, 'config.json'), '{')
    await expect(loadPretrained(folder)).rejects.toThrow(/config\.json is not valid JSON/)
  })
})

describe('config.json', () => {
  it.each<[string, GptConfig]>([
    ['tinystories-33m', gptConfig('tinystories-33m')],
    ['gpt2', gptConfig('gpt2')],
    ['odd', tinyConfig({ attention: ['local', 'global', 'global'], layers: 5 })],
  ])('says all there is to say of %s', (_, config) => {
    const json = JSON.parse(JSON.stringify(toTransformersConfig(config)))
    expect(fromTransformersConfig(json, 'config.json').config).toEqual(config)
  })

  it("understands the publishers' way to write alternating layers", () => {
    const json = {
      ...toTransformersConfig(gptConfig('tinystories-1m')),
      attention_types: [[['global', 'local'], 4]],
    }
    expect(fromTransformersConfig(json, 'config.json').config).toEqual(gptConfig('tinystories-1m'))
    for (const attention_types of [[], 4, [['global', 4]], [[['global'], 'x']], null]) {
      expect(() => fromTransformersConfig({ ...json, attention_types }, 'config.json')).toThrow(
        /config\.json: attention_types|attention names 0 layers/,
      )
    }
  })

  it('gives coded errors for whatever stands in it', () => {
    const good = Object.entries(toTransformersConfig(gptConfig('tinystories-1m')))
    const field = fc.tuple(
      fc.constantFrom(...good.map(([name]) => name), 'tinystories'),
      fc.jsonValue({ maxDepth: 3 }),
    )
    const types = fc.constantFrom('gpt2', 'gpt_neo', 'tinystories_gpt', 'llama', undefined)
    fc.assert(
      fc.property(fc.array(field, { maxLength: 4 }), types, fc.jsonValue(), (changes, type, whole) => {
        const changed = {
          ...Object.fromEntries(good),
          ...Object.fromEntries(changes),
          ...(type && { model_type: type }),
        }
        for (const json of [changed, whole]) {
          try {
            fromTransformersConfig(json, 'config.json')
          } catch (error) {
            if (!ModelFileError.isInstance(error) && !InputError.isInstance(error)) throw error
          }
        }
      }),
      {
        numRuns: 2000,
        examples: [
          [[['n_layer', 1e9]], 'gpt2', null],
          [
            [
              [
                'attention_types',
                [
                  [['global'], 9999],
                  [['local'], 9999],
                ],
              ],
            ],
            'gpt_neo',
            [],
          ],
        ],
      },
    )
  })
})
