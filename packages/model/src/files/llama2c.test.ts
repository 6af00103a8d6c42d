import { describe, expect, it } from 'vitest'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { readLlama2c } from './llama2c.ts'

const config = tinyConfig({
  hiddenSize: 16,
  heads: 4,
  keyValueHeads: 2,
  mlpSize: 5,
  rotary: { base: 10_000 },
  norm: 'rms',
  activation: 'swiglu',
  attentionScale: true,
  attention: ['global'],
  localWindow: 8,
  bias: { qkv: false, attentionOutput: false, mlp: false },
  initializerRange: 0.02,
  scaledResidualInit: true,
})
const arrays = tinyArrays(config)

/** Our channel of a head of four for each of the file's, where those of a pair lie side by side. */
const halves = [0, 2, 1, 3]

/** Rows of `[out, in]` of our columns `[from, to)`, layer by layer. */
function transposed(name: string, from: number, to: number, turns = false): number[] {
  return [0, 1].flatMap(layer => {
    const weight = arrays[`layers.${layer}.${name}.weight`]!
    const width = { 'attention.qkv': 32, 'attention.output': 16, 'mlp.up': 10, 'mlp.down': 16 }[name]!
    const inputs = Array.from({ length: weight.length / width }, (_, input) => input)
    return Array.from({ length: to - from }, (_, output) => {
      const channel = turns ? output - (output % 4) + halves[output % 4]! : output
      return inputs.map(input => weight[input * width + from + channel]!)
    }).flat()
  })
}

const each = (name: string): number[] => [0, 1].flatMap(layer => [...arrays[`layers.${layer}.${name}`]!])
const maps = [
  transposed('attention.qkv', 0, 16, true),
  transposed('attention.qkv', 16, 24, true),
  transposed('attention.qkv', 24, 32),
  transposed('attention.output', 0, 16),
]
const header = [16, 5, 2, 4, 2, 11, 8]
const angles = Array.from({ length: 8 * 2 }, () => 0.5)
const body0 = [
  ...arrays['embedding.token']!,
  ...each('attention.norm.scale'),
  ...maps.flat(),
  ...each('mlp.norm.scale'),
  ...transposed('mlp.up', 0, 5),
  ...transposed('mlp.down', 0, 16),
  ...transposed('mlp.up', 5, 10),
  ...arrays['finalNorm.scale']!,
  ...angles,
  ...angles,
]
const body1 = [
  ...each('attention.norm.scale'),
  ...each('mlp.norm.scale'),
  ...arrays['finalNorm.scale']!,
  ...arrays['embedding.token']!,
  ...maps.flat(),
  ...transposed('mlp.up', 0, 5),
  ...transposed('mlp.down', 0, 16),
  ...transposed('mlp.up', 5, 10),
]

const file0 = (numbers = header, body: number[] = body0): Uint8Array =>
  new Uint8Array(
    Buffer.concat([
      new Uint8Array(Int32Array.from(numbers).buffer),
      new Uint8Array(Float32Array.from(body).buffer),
    ]),
  )
function file1(version = 1): Uint8Array {
  const head = new DataView(new ArrayBuffer(256))
  const numbers = [0x616b3432, version, ...header]
  for (const [i, number] of numbers.entries()) head.setInt32(4 * i, number, true)
  head.setUint8(36, 1)
  return new Uint8Array(
    Buffer.concat([new Uint8Array(head.buffer), new Uint8Array(Float32Array.from(body1).buffer)]),
  )
}

const read = (bytes: Uint8Array) =>
  readLlama2c({
    path: 'model.bin',
    size: bytes.length,
    read: async (start, length) => bytes.subarray(start, start + length),
    close: async () => {},
  })

describe('readLlama2c', () => {
  it('reads both orders of weights, each into its place', async () => {
    for (const file of [file0(), file1()]) {
      const model = await read(file)
      expect(model.config).toEqual(config)
      expect(model.parameters).toEqual(arrays)
    }
  })

  it('takes a head of its own where the vocabulary is below 0', async () => {
    const head = Array.from({ length: 11 * 16 }, (_, i) => i / 100)
    const model = await read(file0([16, 5, 2, 4, 2, -11, 8], [...body0, ...head]))
    expect(model.config.tiedHead).toBe(false)
    expect(model.parameters['head.weight']).toEqual(Float32Array.from(head))
  })

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'truncated'],
    ['a file that is cut off', file0().slice(0, -4), 'truncated'],
    ['a file with more behind it', new Uint8Array(Buffer.concat([file0(), Buffer.alloc(4)])), 'damaged'],
    ['int8 weights', file1(2), 'unsupported'],
    ['no layers', file0([16, 5, 0, 4, 2, 11, 8]), 'invalid-config'],
    ['a negative number of layers', file0([16, 5, -2, 4, 2, 11, 8]), 'invalid-config'],
    ['heads that do not divide', file0([16, 5, 2, 3, 2, 11, 8]), 'invalid-config'],
    ['more layers than there are weights for', file0([16, 5, 2_000_000_000, 4, 2, 11, 8]), 'truncated'],
    ['a weight that is no number', file0(header, [Number.NaN, ...body0.slice(1)]), 'not-finite'],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toThrow(expect.objectContaining({ code }))
  })
})
