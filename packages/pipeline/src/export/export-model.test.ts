import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GptOverrides, gptConfig, initParameterArrays, type PresetName } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { generateBatch } from '@tinystories/model/generation'
import { loadTokenizer, type Tokenizer, trainTokenizer } from '@tinystories/tokenizer'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openModel } from '../model/open-model.ts'
import { type ExportFormatName, exportFormats } from '../recipe/names.ts'
import { exportModel } from './export-model.ts'

// Whether the programs themselves open the files and give the same: scripts/check-*.ts.

let folder: string
const tokenizers = {} as Record<'gpt2' | 'story', Tokenizer>
const sizes = { contextLength: 32, hiddenSize: 16, heads: 4, layers: 2, initializerRange: 0.3 }

async function makeModel(
  name: string,
  preset: PresetName,
  overrides: GptOverrides = {},
  style: 'gpt2' | 'story' = 'gpt2',
): Promise<string> {
  const path = join(folder, name)
  const tokenizer = tokenizers[style]
  const config = gptConfig(preset, { ...sizes, ...overrides, vocabSize: tokenizer.vocabSize })
  await saveSafetensors(path, { config, parameters: initParameterArrays(config, 1) }, { stopIds: [0] })
  await tokenizer.save(join(path, 'tokenizer.json'))
  return path
}

beforeAll(async () => {
  const stories = ['the cat sat on the mat', 'the dog ran to the cat']
  for (const style of ['gpt2', 'story'] as const)
    tokenizers[style] = await trainTokenizer(stories, { vocabSize: 290, style })
  folder = await mkdtemp(join(tmpdir(), 'export-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ints = (rows: number[][]): Tensor =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length])

/** Greedy tokens after prompts of two lengths in one batch, the shorter one padded on the left, as transformers.js has it. */
async function decodeGreedily(path: string, prompts: number[][], count: number): Promise<number[][]> {
  const session = await InferenceSession.create(path)
  const pasts = session.inputNames.filter(name => name.startsWith('past_key_values'))
  const { shape } = session.inputMetadata.find(({ name }) => name === pasts[0]) as unknown as {
    shape: number[]
  }
  let past: Record<string, Tensor> = Object.fromEntries(
    pasts.map(name => [
      name,
      new Tensor('float32', new Float32Array(0), [prompts.length, shape[1]!, 0, shape[3]!]),
    ]),
  )
  const longest = Math.max(...prompts.map(({ length }) => length))
  const padding = prompts.map(({ length }) => Array<number>(longest - length).fill(0))
  let mask = prompts.map((prompt, i) => [...padding[i]!, ...prompt.map(() => 1)])
  let positions = prompts.map((prompt, i) => [...padding[i]!.map(() => 1), ...prompt.keys()])
  let ids = prompts.map((prompt, i) => [...padding[i]!, ...prompt])
  const result: number[][] = prompts.map(() => [])
  for (let step = 0; step < count; step++) {
    const outputs = await session.run({
      input_ids: ints(ids),
      attention_mask: ints(mask),
      position_ids: ints(positions),
      ...past,
    })
    const [, length, vocabSize] = outputs.logits!.dims as [number, number, number]
    ids = prompts.map((_, row) => {
      const at = (row * length + length - 1) * vocabSize
      const logits = (outputs.logits!.data as Float32Array).subarray(at, at + vocabSize)
      return [logits.indexOf(Math.max(...logits))]
    })
    for (const [row, [id]] of ids.entries()) result[row]!.push(id!)
    mask = mask.map(row => [...row, 1])
    positions = positions.map(row => [row.at(-1)! + 1])
    past = Object.fromEntries(pasts.map(name => [name, outputs[name.replace('past_key_values', 'present')]!]))
  }
  return result
}

const layouts: [string, PresetName, GptOverrides][] = [
  ['GPT-2', 'gpt2', { tiedHead: false }],
  ['GPT-Neo with local attention', 'sample', { localWindow: 5, attention: ['global', 'local'] }],
  ['Llama with grouped queries', 'llama', { keyValueHeads: 2, mlpSize: 24 }],
  ['Qwen3', 'llama', { queryKeyNorm: true }],
]

describe('onnx', () => {
  test.each(layouts)(
    '%s goes on as the model does, texts of two lengths together',
    async (name, preset, overrides) => {
      const model = await makeModel(name, preset, overrides)
      await exportModel({ model, format: 'onnx', folder: `${model}-onnx` })
      const prompts = [
        [0, 7, 9, 20, 33, 4, 8],
        [0, 12, 5],
      ]
      await using opened = await openModel(model)
      const expected = await generateBatch(opened.model, prompts, { temperature: 0, maxTokens: 20 })
      expect(await decodeGreedily(join(`${model}-onnx`, 'onnx', 'model.onnx'), prompts, 20)).toEqual(
        expected.map(({ ids }) => ids),
      )
    },
  )

  test('brings what transformers.js reads besides', async () => {
    const model = await makeModel('files', 'llama')
    await exportModel({ model, format: 'onnx', folder: `${model}-onnx` })
    expect((await readdir(`${model}-onnx`)).sort()).toEqual(
      [
        'README.md',
        'config.json',
        'generation_config.json',
        'onnx',
        'special_tokens_map.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ].sort(),
    )
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(join(`${model}-onnx`, name), 'utf8'))
    expect(await read('config.json')).toMatchObject({
      model_type: 'llama',
      num_key_value_heads: 4,
      'transformers.js_config': { dtype: 'fp32' },
    })
    const end = '<|endoftext|>'
    expect(await read('special_tokens_map.json')).toEqual({ bos_token: end, eos_token: end, pad_token: end })
    expect(await read('tokenizer_config.json')).toMatchObject({ padding_side: 'left', bos_token: end })
  })
})

describe('llama2c', () => {
  test('is read again as the same model, whose vocabulary has another order', async () => {
    const model = await makeModel('to-c', 'llama', { keyValueHeads: 2 })
    await exportModel({ model, format: 'llama2c', folder: `${model}-c` })
    await using ours = await openModel(model)
    await using theirs = await openModel(join(`${model}-c`, 'model.bin'))
    const text = 'the cat\nsat on the mat'
    // llama2.c puts a blank before a text.
    const prompt = [0, ...ours.tokenizer.encode(` ${text}`, { addSpecialTokens: false }).ids]
    const read = [...theirs.tokenizer.encode(text).ids]
    expect(read.length).toBe(prompt.length)
    expect(theirs.tokenizer.decode(read)).toBe(text)
    const greedy = { temperature: 0, maxTokens: 12, stopIds: [] }
    const [expected] = await generateBatch(ours.model, [prompt], greedy)
    const [got] = await generateBatch(theirs.model, [read], greedy)
    const { ids } = expected!
    const bytesOf = (tokens: readonly number[], tokenizer: typeof ours.tokenizer): string =>
      tokenizer.decode(tokens).replace(/^ /, '')
    expect(bytesOf(got!.ids, theirs.tokenizer)).toBe(bytesOf(ids, ours.tokenizer))
    // What has llama2.c's order already keeps it.
    const back = `${model}-c-again`
    await exportModel({ model: join(`${model}-c`, 'model.bin'), format: 'llama2c', folder: back })
    const [first, second] = await Promise.all(
      [`${model}-c`, back].map(from => readFile(join(from, 'model.bin'))),
    )
    expect(second!.equals(first!)).toBe(true)
    expect([...(await loadTokenizer(join(back, 'tokenizer.bin'))).encode(text).ids]).toEqual(read)
  })
})

describe('refuses before anything is written', () => {
  const known = exportFormats.filter(format => format !== 'onnx-fixed')
  test.each(known)('%s: a model of the preset story', async format => {
    const model = await makeModel(`story-${format}`, 'story', { bigramRows: 16 })
    const target = join(model, 'out')
    await expect(exportModel({ model, format, folder: target })).rejects.toMatchObject({
      code: 'not-exportable',
      details: { format, parts: expect.arrayContaining(['shared values']) },
    })
    await expect(readdir(target)).rejects.toThrow('ENOENT')
  })

  test.each<[string, ExportFormatName, PresetName, GptOverrides, string]>([
    ['a Llama with bigrams', 'onnx', 'llama', { bigramRows: 8 }, 'bigrams'],
    [
      'local attention with scaled scores',
      'onnx',
      'gpt2',
      { localWindow: 4, attention: ['local'] },
      'local attention,scaled scores',
    ],
    ['GPT-Neo', 'llama2c', 'sample', {}, 'learned positions and LayerNorm'],
    ['another base', 'llama2c', 'llama', { rotary: { base: 500 } }, 'rotary positions of base 500'],
    ['other norms', 'llama2c', 'llama', { layerNormEpsilon: 1e-6 }, 'norms that add 0.000001'],
    ['normed queries', 'llama2c', 'llama', { queryKeyNorm: true }, 'normed queries and keys'],
  ])('%s for %s', async (name, format, preset, overrides, parts) => {
    const model = await makeModel(`no ${name}`, preset, overrides)
    const target = join(model, 'out')
    await expect(exportModel({ model, format, folder: target })).rejects.toMatchObject({
      code: 'not-exportable',
      details: { format, parts: parts.split(',') },
    })
    await expect(readdir(target)).rejects.toThrow('ENOENT')
  })

  test.each(['gguf', 'llama2c'] as const)('%s: a tokenizer that the program does not have', async format => {
    const model = await makeModel(`words-${format}`, 'llama', {}, 'story')
    await expect(exportModel({ model, format, folder: join(model, 'out') })).rejects.toMatchObject({
      code: 'tokenizer-not-exportable',
      details: { format },
    })
  })
})
