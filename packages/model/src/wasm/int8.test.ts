import { Random } from '@tinystories/utils/random'
import { array, assert, boolean, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GptOverrides } from '../config.ts'
import { generateBatch } from '../generation/generate.ts'
import { prompts, settings, variants } from '../testing/generation.ts'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { type Arena, instantiateKernels, type Kernels } from './kernels.ts'
import { linearWriter } from './wasm-linear.ts'
import { createWasmModel } from './wasm-model.ts'

const model = (overrides: GptOverrides = {}) => {
  const config = tinyConfig(overrides)
  return { config, parameters: tinyArrays(config) }
}

/** y = x W + bias by the kernel, for rows of `inputs` numbers. */
function linear(
  { kernels, memory }: { kernels: Kernels; memory: Arena },
  x: readonly number[][],
  weight: readonly number[][],
  bias: readonly number[],
  before?: readonly number[][],
): number[][] {
  const [rows, inputs, outputs] = [x.length, weight.length, bias.length]
  const map = linearWriter(
    memory,
    'int8',
  )({
    ...{ inputs, outputs },
    weight: (input, output) => weight[input]![output]!,
    bias: output => bias[output]!,
  })
  const put = (values: readonly (readonly number[])[], stride: number): number => {
    const padding = new Float32Array(values.length * stride)
    for (const [row, value] of values.entries()) padding.set(value, row * stride)
    return memory.put(padding)
  }
  const from = put(x, map.stride)
  const to = put(before ?? x.map(() => []), map.outputs)
  const scratch = memory.reserve(rows * (map.stride / 2 + 1))
  kernels.linearInt8(
    ...([from, map.weight, map.scales!, map.bias, to, rows, map.inputs, map.stride, map.outputs] as const),
    before ? 1 : 0,
    scratch,
  )
  return x.map((_, row) => [...memory.floats(to + 4 * row * map.outputs, outputs)])
}

/** The same in float64: weights in 127 steps either way of each output's largest, inputs in as many as keep sums in int32. */
function expected(
  x: readonly number[],
  weight: readonly number[][],
  bias: readonly number[],
  before?: readonly number[],
): number[] {
  const even = 2 * Math.ceil(weight.length / 2)
  const most = Math.min(32767, Math.floor(Math.floor((2 ** 31 - 1) / 127) / even))
  const largest = Math.max(...x.map(Math.abs))
  return bias.map((b, output) => {
    const column = weight.map(row => row[output]!)
    const scale = Math.max(...column.map(Math.abs)) / 127
    let sum = 0
    for (const [i, w] of column.entries())
      if (scale > 0 && largest > 0) sum += Math.round(w / scale) * Math.round((x[i]! * most) / largest)
    return sum * scale * (largest / most) + b + (before?.[output] ?? 0)
  })
}

describe('linearInt8', () => {
  it('multiplies rounded rows and weights, of any size', async () => {
    const wasm = await instantiateKernels()
    assert(
      property(
        record({
          ...{ seed: integer({ min: 1, max: 1e6 }), rows: integer({ min: 1, max: 5 }), add: boolean() },
          ...{ inputs: integer({ min: 1, max: 70 }), outputs: integer({ min: 1, max: 70 }) },
        }),
        ({ seed, rows, inputs, outputs, add }) => {
          const random = new Random(seed)
          const draw = (length: number): number[] =>
            Array.from({ length }, () => Math.fround(random.normal() * 2 ** (4 * random.uniform() - 2)))
          const x = Array.from({ length: rows }, () => draw(inputs))
          const weight = Array.from({ length: inputs }, () => draw(outputs))
          const bias = draw(outputs)
          const before = add ? x.map(() => draw(outputs)) : undefined
          const y = linear(wasm, x, weight, bias, before)
          for (const [row, values] of y.entries()) {
            const right = expected(x[row]!, weight, bias, before?.[row])
            // One step of one weight or input may be rounded the other way in float32.
            const size = Math.max(...right.map(Math.abs), 1)
            for (const [i, value] of values.entries())
              expect(Math.abs(value - right[i]!)).toBeLessThan(0.004 * size)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is exact where steps are whole numbers', async () => {
    const wasm = await instantiateKernels()
    const values = array(
      integer({ min: -127, max: 127 }).filter(n => n !== 0),
      { minLength: 34, maxLength: 34 },
    )
    assert(
      property(values, values, (a, b) => {
        // The largest weight is 127 steps; the largest input is as many steps as there are.
        const most = Math.min(32767, Math.floor(Math.floor((2 ** 31 - 1) / 127) / 34))
        const x = [most, ...a.slice(1)]
        const weight = b.map((w, i) => [i === 1 ? 127 : w, i === 2 ? -127 : -w])
        const sums = [0, 1].map(j => weight.reduce((sum, row, i) => sum + row[j]! * x[i]!, 0))
        expect(linear(wasm, [x], weight, [0, 0])[0]).toEqual(sums.map(Math.fround))
      }),
      { numRuns: 30 },
    )
  })

  it('cannot overflow: the largest inputs times the largest weights', async () => {
    const wasm = await instantiateKernels()
    for (const inputs of [2, 512, 4096]) {
      const ones = new Array<number>(inputs).fill(1)
      const [y] = linear(
        wasm,
        [ones],
        ones.map(() => [3, -3]),
        [0, 0],
      )
      expect(y![0]).toBeNear(3 * inputs, { relative: 1e-6 })
      expect(y![1]).toBeNear(-3 * inputs, { relative: 1e-6 })
    }
  })

  it('gives the bias for a row, or a column, of zeros', async () => {
    const wasm = await instantiateKernels()
    expect(linear(wasm, [[0, 0, 0]], [[1], [2], [3]], [0.5])).toEqual([[0.5]])
    expect(linear(wasm, [[1, 2, 3]], [[0], [0], [0]], [0.5])).toEqual([[0.5]])
  })

  it('gives nothing finite for what is not', async () => {
    const wasm = await instantiateKernels()
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(linear(wasm, [[1, broken]], [[1], [1]], [0])[0]![0]).not.toSatisfy(Number.isFinite)
      expect(linear(wasm, [[1, 1]], [[1], [broken]], [0])[0]![0]).not.toSatisfy(Number.isFinite)
    }
  })
})

describe.each(variants)('%s in int8', (_, overrides) => {
  it('gives tokens nearly the probabilities that float32 gives them', async () => {
    const given = model(overrides)
    const texts = [[1], [7, 7]].map(prompt => ({
      ids: [...prompt, 3, 6, 9, 2],
      queries: [1, 2, 3, 4].map(n => ({ position: prompt.length + n - 1, id: [3, 6, 9, 2][n - 1]! })),
    }))
    const [exact, rounded] = await Promise.all(
      (['float32', 'int8'] as const).map(async weights =>
        (await createWasmModel(given, { weights })).score(texts),
      ),
    )
    let different = 0
    for (const [i, scores] of exact!.entries())
      for (const [j, value] of scores.entries()) {
        expect(rounded![i]![j]!).toBeNear(value, { absolute: 0.05 })
        if (rounded![i]![j] !== value) different++
      }
    expect(different).toBeGreaterThan(0)
  })

  it.each(settings)(
    'writes the same to the last bit alone, among others and in threads: %s',
    async (_, setting) => {
      const given = model(overrides)
      const [one, two] = await Promise.all(
        [1, 2].map(threads => createWasmModel(given, { threads, weights: 'int8' })),
      )
      const options = { ...setting, maxTokens: 19, seed: 3 }
      const together = await generateBatch(one!, prompts, options)
      expect(await generateBatch(two!, prompts, options)).toEqual(together)
      for (const [i, prompt] of prompts.entries())
        expect(await generateBatch(one!, [prompt], { ...options, seed: 3 + i })).toEqual([together[i]])
      await Promise.all([one!.dispose(), two!.dispose()])
    },
  )
})

it('takes a quarter of the memory for linear maps', async () => {
  const source = { inputs: 512, outputs: 512, weight: (i: number, j: number) => i - j, bias: () => 0 }
  const [float32, int8] = await Promise.all(
    (['float32', 'int8'] as const).map(async type => {
      const { memory } = await instantiateKernels()
      const before = memory.reserve(0)
      linearWriter(memory, type)(source)
      return memory.reserve(0) - before
    }),
  )
  expect(int8! / float32!).toBeLessThan(0.27)
})

it('refuses another type of weights', async () => {
  await expect(createWasmModel(model(), { weights: 'int4' as 'int8' })).rejects.toThrow(
    /weights must be "float32" or "int8"/,
  )
})
