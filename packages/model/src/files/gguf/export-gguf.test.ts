import { expect, test } from 'vitest'
import { type GptOverrides, gptConfig } from '../../config.ts'
import { ModelFileError } from '../../errors/index.ts'
import { tinyArrays } from '../../testing/tiny.ts'
import { exportGguf, ggufContext } from './export-gguf.ts'

// Whether llama.cpp opens the files and generates the same is checked by packages/pipeline/scripts/check-llama-cpp.ts.

const sizes: GptOverrides = { vocabSize: 11, contextLength: 8, hiddenSize: 8, layers: 2, heads: 2 }

interface Read {
  metadata: Record<string, unknown>
  tensors: Record<string, { shape: number[]; values: number[] }>
}

/** Reads a file as ggml's description of the format has it. */
function read(file: Uint8Array): Read {
  const view = new DataView(file.buffer, file.byteOffset)
  let at = 4
  const take = (bytes: number): number => {
    at += bytes
    return at - bytes
  }
  const uint32 = (): number => view.getUint32(take(4), true)
  const uint64 = (): number => Number(view.getBigUint64(take(8), true))
  const string = (): string => {
    const length = uint64()
    const from = take(length)
    return new TextDecoder().decode(file.subarray(from, at))
  }
  const value = (type: number): unknown => {
    if (type === 4) return uint32()
    if (type === 5) return view.getInt32(take(4), true)
    if (type === 6) return view.getFloat32(take(4), true)
    if (type === 7) return file[take(1)] === 1
    if (type === 8) return string()
    const item = uint32()
    return Array.from({ length: uint64() }, () => value(item))
  }
  expect(new TextDecoder().decode(file.subarray(0, 4))).toBe('GGUF')
  expect(uint32()).toBe(3)
  const [tensorCount, valueCount] = [uint64(), uint64()]
  const metadata: Record<string, unknown> = {}
  for (let i = 0; i < valueCount; i++) metadata[string()] = value(uint32())
  const infos = Array.from({ length: tensorCount }, () => {
    const name = string()
    const shape = Array.from({ length: uint32() }, uint64).reverse()
    expect(uint32()).toBe(0)
    return { name, shape, offset: uint64() }
  })
  const start = Math.ceil(at / 32) * 32
  const tensors: Read['tensors'] = {}
  for (const { name, shape, offset } of infos) {
    expect(offset % 32).toBe(0)
    const length = shape.reduce((product, size) => product * size, 1)
    const values = Array.from({ length }, (_, i) => view.getFloat32(start + offset + 4 * i, true))
    tensors[name] = { shape, values }
  }
  return { metadata, tensors }
}

test('GPT-Neo is a gpt2 whose queries are larger by the root of the head size, as long as its window', () => {
  const config = gptConfig('sample', { ...sizes, attention: ['global', 'local'], localWindow: 5 })
  const arrays = tinyArrays(config)
  const { metadata, tensors } = read(
    exportGguf({ config, parameters: arrays }, { 'tokenizer.ggml.tokens': { strings: ['a', 'ü'] } }),
  )
  expect(ggufContext(config)).toBe(5)
  expect(metadata).toEqual({
    'general.architecture': 'gpt2',
    'general.file_type': 0,
    'gpt2.context_length': 5,
    'gpt2.embedding_length': 8,
    'gpt2.feed_forward_length': 32,
    'gpt2.block_count': 2,
    'gpt2.attention.head_count': 2,
    'gpt2.attention.head_count_kv': 2,
    'gpt2.attention.layer_norm_epsilon': Math.fround(1e-5),
    'tokenizer.ggml.tokens': ['a', 'ü'],
  })
  expect(tensors['position_embd.weight']).toEqual({
    shape: [5, 8],
    values: [...arrays['embedding.position']!.subarray(0, 40)],
  })
  expect(tensors['output.weight']).toBeUndefined()
  const qkv = tensors['blk.1.attn_qkv.weight']!
  const own = arrays['layers.1.attention.qkv.weight']!
  expect(qkv.shape).toEqual([24, 8])
  for (let output = 0; output < 24; output++)
    for (let input = 0; input < 8; input++) {
      // Heads of 4 channels; the scores of llama.cpp are divided by 2.
      const factor = output < 8 ? 2 : 1
      expect(qkv.values[8 * output + input]).toBe(own[24 * input + output]! * factor)
    }
  expect(tensors['blk.1.attn_qkv.bias']!.values).toEqual(Array(24).fill(0))
  expect(tensors['blk.0.ffn_down.weight']!.shape).toEqual([8, 32])
  expect(Object.keys(tensors)).toHaveLength(2 + 2 * 12 + 2)
})

test('GPT-2 stays as it is, with a head of its own', () => {
  const overrides = {
    attention: ['global' as const],
    attentionScale: true,
    bias: { qkv: true },
    tiedHead: false,
  }
  const config = gptConfig('sample', { ...sizes, ...overrides })
  const arrays = tinyArrays(config)
  const { tensors } = read(exportGguf({ config, parameters: arrays }))
  const bias = arrays['layers.0.attention.qkv.bias']!
  expect(tensors['blk.0.attn_qkv.bias']!.values).toEqual([...bias])
  expect(tensors['output.weight']!.values).toEqual([...arrays['head.weight']!])
})

const llama: GptOverrides = {
  ...sizes,
  attention: ['global'],
  attentionScale: true,
  rotary: { base: 500 },
  norm: 'rms',
  activation: 'swiglu',
  keyValueHeads: 1,
  bias: { qkv: false, attentionOutput: false, mlp: false },
}

test('rotary positions become a llama, with the channels that turn together side by side', () => {
  const config = gptConfig('sample', llama)
  const arrays = tinyArrays(config)
  const { metadata, tensors } = read(exportGguf({ config, parameters: arrays }))
  expect(metadata).toMatchObject({
    'general.architecture': 'llama',
    'llama.attention.head_count_kv': 1,
    'llama.rope.dimension_count': 4,
    'llama.rope.freq_base': 500,
  })
  const own = arrays['layers.0.attention.qkv.weight']!
  const column = (output: number): number[] =>
    Array.from({ length: 8 }, (_, input) => own[16 * input + output]!)
  const row = (name: string, index: number): number[] =>
    tensors[`blk.0.${name}.weight`]!.values.slice(8 * index, 8 * index + 8)
  // A head's channels 0 to 3: pairs (0, 2) and (1, 3).
  for (const [place, channel] of [0, 2, 1, 3].entries()) {
    expect(row('attn_q', 4 + place)).toEqual(column(4 + channel))
    expect(row('attn_k', place)).toEqual(column(8 + channel))
    expect(row('attn_v', place)).toEqual(column(12 + place))
  }
  const up = arrays['layers.0.mlp.up.weight']!
  expect(tensors['blk.0.ffn_gate.weight']!.values[1]).toBe(up[64])
  expect(tensors['blk.0.ffn_up.weight']!.values[0]).toBe(up[32])
})

test.each<[string, GptOverrides]>([
  ['norms of queries and keys', { ...llama, queryKeyNorm: true }],
  ['rotary positions with the activation relu2', { ...llama, activation: 'relu2' }],
  ['learned positions with RMSNorm', { ...sizes, norm: 'rms' }],
  ['capped logits', { ...sizes, logitCap: 15 }],
])('what llama.cpp has no place for is refused: %s', (part, overrides) => {
  const config = gptConfig('sample', overrides)
  let error: unknown
  try {
    exportGguf({ config, parameters: tinyArrays(config) })
  } catch (thrown) {
    error = thrown
  }
  expect(ModelFileError.isInstance(error) && error.details).toEqual({ parts: [part], format: 'gguf' })
})
