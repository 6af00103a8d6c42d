import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { Random } from '@tinystories/utils/random'
import { assert, asyncProperty, constantFrom, double, integer, record } from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { kernelBytesSource } from '../../scripts/build-kernels.ts'
import { type AttentionKind, type GptOverrides, gptConfig } from '../config.ts'
import { type Completion, type GenerateOptions, generate, generateBatch } from '../generation/generate.ts'
import { type SampledToken, sampleToken } from '../generation/sample-token.ts'
import { forward } from '../model.ts'
import { type GptModel, initParameterArrays } from '../parameters.ts'
import { expectSameTexts, prompts, settings, variants } from '../testing/generation.ts'
import { tinyModel } from '../testing/tiny.ts'
import { createWasmModel } from './wasm-model.ts'

beforeAll(() => useBackend('cpu'))

/** What tfjs and the WASM engine write, for the same options. */
async function both(
  overrides: GptOverrides,
  options: GenerateOptions,
  texts: number[][] = prompts,
  threads = 1,
): Promise<{ actual: Completion[]; expected: Completion[] }> {
  const model = tinyModel(overrides)
  const wasm = await createWasmModel(model, { threads })
  try {
    return {
      actual: await generateBatch(wasm, texts, options),
      expected: await generateBatch(model, texts, options),
    }
  } finally {
    tf.dispose(model.parameters)
    await wasm.dispose()
  }
}

it('gives the alternatives of each token on either engine, the best first, whatever was drawn', async () => {
  const model = tinyModel()
  const wasm = await createWasmModel(model)
  const options = { temperature: 1.5, seed: 2, maxTokens: 6, alternatives: 3 }
  const tokens: SampledToken[][] = []
  for (const engine of [model, wasm]) {
    const own: SampledToken[] = []
    for await (const token of generate(engine, [1, 2], options)) own.push(token)
    tokens.push(own)
  }
  const [onTfjs, onWasm] = tokens
  expect(onWasm!.map(({ alternatives }) => alternatives!.map(({ id }) => id))).toEqual(
    onTfjs!.map(({ alternatives }) => alternatives!.map(({ id }) => id)),
  )
  const ids = [1, 2]
  for (const { id, alternatives } of onTfjs!) {
    const expected = tf.tidy(() => {
      const logits = forward(model.config, model.parameters, tf.tensor2d([ids], [1, ids.length], 'int32'))
      return [...tf.logSoftmax(tf.squeeze(tf.slice(logits, [0, ids.length - 1, 0], [1, 1, -1]))).dataSync()]
    })
    expect(alternatives).toHaveLength(3)
    const sorted = [...expected].sort((a, b) => b - a)
    for (const [rank, { id, logProbability }] of alternatives!.entries()) {
      expect(logProbability).toBeNear(expected[id]!, { relative: 1e-4 })
      expect(expected[id]).toBe(sorted[rank])
    }
    ids.push(id)
    if (ids.length === 8) break
  }
  tf.dispose(model.parameters)
})

describe.each(variants)('%s on the WASM engine', (_, overrides) => {
  it.each(settings)('writes what tfjs writes, past the context: %s', async (_, setting) => {
    const options = { ...setting, maxTokens: overrides.contextLength ? 100 : 19 }
    const { actual, expected } = await both(overrides, options)
    expectSameTexts(actual, expected)
  })

  it.each(settings)(
    'writes the same to the last bit alone, among others and in threads: %s',
    async (_, setting) => {
      const model = tinyModel(overrides)
      const [one, two] = await Promise.all([createWasmModel(model), createWasmModel(model, { threads: 2 })])
      const options = { ...setting, maxTokens: overrides.contextLength ? 100 : 19, seed: 3 }
      const together = await generateBatch(one, prompts, options)
      expect(await generateBatch(two, prompts, options)).toEqual(together)
      for (const [i, prompt] of prompts.entries()) {
        expect(await generateBatch(one, [prompt], { ...options, seed: 3 + i })).toEqual([together[i]])
      }
      await Promise.all([one.dispose(), two.dispose()])
      tf.dispose(model.parameters)
    },
  )
})

/**
 * Tokens that a text may continue with when the number drawn or the border of topP moves by 2e-6: so far may float32
 * logits, summed in another order, move either.
 */
function nearBorder(
  model: GptModel,
  ids: number[],
  options: GenerateOptions & { seed: number },
  drawn: number,
): number[] {
  const random = new Random(options.seed)
  for (let i = 0; i < drawn; i++) random.uniform()
  const uniform = random.uniform()
  const logits = tf.tidy(() => {
    const all = forward(model.config, model.parameters, tf.tensor2d([ids], [1, ids.length], 'int32'))
    return all.dataSync().slice(-model.config.vocabSize) as Float32Array
  })
  const moves = [-2e-6, 0, 2e-6]
  return moves.flatMap(move =>
    moves.map(topP => {
      const moved = { ...options, topP: Math.min(1, (options.topP ?? 1) + topP) }
      const at = Math.min(Math.max(uniform + move, 0), 1 - 2 ** -53)
      return sampleToken(logits, moved, { uniform: () => at }, ids).id
    }),
  )
}

describe('createWasmModel', () => {
  it('writes what tfjs writes, whatever the sizes', async () => {
    const sizes = record({
      heads: constantFrom(1, 2, 3, 5),
      headSize: integer({ min: 1, max: 9 }),
      layers: integer({ min: 1, max: 3 }),
      vocabSize: integer({ min: 2, max: 70 }),
      contextLength: integer({ min: 1, max: 21 }),
      localWindow: integer({ min: 1, max: 9 }),
      mlpSize: integer({ min: 1, max: 40 }),
      temperature: constantFrom(0, 0.5, 1),
      topP: constantFrom(0.5, 1),
      seed: integer({ min: 0, max: 1000 }),
    })
    await assert(
      asyncProperty(sizes, async ({ heads, headSize, temperature, topP, seed, ...rest }) => {
        const attention = Array.from(
          { length: rest.layers },
          (_, i): AttentionKind => (i % 2 ? 'global' : 'local'),
        )
        const overrides = { ...rest, heads, hiddenSize: heads * headSize, attention, initializerRange: 0.2 }
        const texts = [[0], Array.from({ length: rest.contextLength }, (_, i) => i % rest.vocabSize)]
        const { actual, expected } = await both(overrides, { temperature, topP, seed, maxTokens: 25 }, texts)
        // The norm of two or three channels divides by what rounding may have made of their difference.
        expectSameTexts(actual, expected, heads * headSize < 4 ? 1e-3 : undefined)
      }),
      { numRuns: 40 },
    )
  })

  it('samples from a large vocabulary as the host does', async () => {
    const filters = record({
      temperature: double({ min: 0.3, max: 3, noNaN: true }),
      topK: constantFrom(undefined, 1, 5, 400, 599, 5000),
      topP: constantFrom(0.05, 0.5, 0.9, 0.999, 1),
      minP: constantFrom(0, 0.0001, 0.02, 0.5, 1),
      repetitionPenalty: constantFrom(1, 1, 1.2),
      seed: integer({ min: 0, max: 1000 }),
    })
    // Nearly equally probable tokens at the one, few probable ones at the other.
    for (const initializerRange of [0.02, 0.3]) {
      const model = tinyModel({ vocabSize: 600, initializerRange })
      const wasm = await createWasmModel(model)
      await assert(
        asyncProperty(filters, async ({ topK, ...rest }) => {
          const options = { ...rest, ...(topK !== undefined && { topK }), maxTokens: 8 }
          for (const [i, prompt] of [[1], [2, 3]].entries()) {
            const own = { ...options, seed: options.seed + i }
            const [actual] = await generateBatch(wasm, [prompt], own)
            const [expected] = await generateBatch(model, [prompt], own)
            const differs = actual!.ids.findIndex((id, at) => id !== expected!.ids[at])
            if (differs < 0) expectSameTexts([actual!], [expected!])
            else
              expect(
                nearBorder(model, [...prompt, ...expected!.ids.slice(0, differs)], own, differs),
              ).toContain(actual!.ids[differs])
          }
        }),
        {
          numRuns: 25,
          examples: [
            [
              {
                temperature: 1.6850279655098492,
                topK: 400,
                topP: 0.5,
                minP: 0,
                repetitionPenalty: 1.2,
                seed: 128,
              },
            ],
          ],
        },
      )
      await wasm.dispose()
      tf.dispose(model.parameters)
    }
  })

  it('reads prompts and batches of more tokens than go through the layers together', async () => {
    const many = Array.from({ length: 66 }, (_, i) =>
      Array.from({ length: i === 5 ? 130 : 1 + (i % 3) }, (_, j) => (i * j) % 11),
    )
    const overrides = { contextLength: 140, localWindow: 70, initializerRange: 0.1 }
    const { actual, expected } = await both(overrides, { maxTokens: 3, seed: 3 }, many, 2)
    expectSameTexts(actual, expected)
  })

  it('writes more texts than it may at once in parts', async () => {
    const model = tinyModel()
    const wasm = await createWasmModel(model, { maxRows: 2 })
    const options = { maxTokens: 9, seed: 3 }
    expectSameTexts(await generateBatch(wasm, prompts, options), await generateBatch(model, prompts, options))
    tf.dispose(model.parameters)
  })

  it('writes two texts at the same time, and leaves one early', async () => {
    const model = tinyModel()
    const wasm = await createWasmModel(model, { threads: 2 })
    const collect = async (seed: number): Promise<SampledToken[]> => {
      const tokens: SampledToken[] = []
      for await (const token of generate(wasm, [1, 2], { seed, maxTokens: 25 })) tokens.push(token)
      return tokens
    }
    const [one, two] = [await collect(1), await collect(2)]
    expect(await Promise.all([collect(1), collect(2)])).toEqual([one, two])
    for await (const token of generate(wasm, [1, 2], { seed: 1 })) {
      expect(token).toEqual(one[0])
      break
    }
    expect(await collect(1)).toEqual(one)
    await wasm.dispose()
    await expect(collect(1)).resolves.toEqual(one)
    tf.dispose(model.parameters)
  })

  it('lets timers have their turn while it writes', async () => {
    const config = gptConfig('tinystories-1m', { vocabSize: 2000 })
    const wasm = await createWasmModel({ config, parameters: initParameterArrays(config, 1) })
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 30)
    const writing = generateBatch(wasm, [[1]], { maxTokens: 1_000_000, signal: controller.signal })
    await expect(writing).rejects.toThrow('enough')
  })

  it('refuses broken weights when they show, in each thread', async () => {
    const model = tinyModel()
    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const parameters = { ...model.parameters, 'finalNorm.bias': tf.fill([6], broken) }
      const wasm = await createWasmModel({ config: model.config, parameters }, { threads: 2 })
      await expect(generateBatch(wasm, [[1]], {})).rejects.toThrow(/not finite/)
      await expect(generateBatch(wasm, [[1], [2]], {})).rejects.toThrow(/not finite/)
      await wasm.dispose()
      parameters['finalNorm.bias'].dispose()
    }
    tf.dispose(model.parameters)
  })

  it('says what it cannot have', async () => {
    const model = tinyModel()
    await expect(createWasmModel(model, { threads: 0 })).rejects.toThrow(
      /threads must be a whole number from 1/,
    )
    await expect(createWasmModel(model, { threads: 1.5 })).rejects.toThrow(/threads/)
    // Caches of 256 MiB, of which WebAssembly has room for fewer than 16.
    const config = gptConfig('tinystories-1m', { vocabSize: 16, contextLength: 2 ** 16 })
    const wasm = await createWasmModel(
      { config, parameters: initParameterArrays(config, 1) },
      { maxRows: 16 },
    )
    const texts = Array.from({ length: 16 }, () => [1])
    await expect(generateBatch(wasm, texts, {})).rejects.toThrow(/need \d+ MiB.*fewer texts/)
    // What there was before is still good.
    expect(await generateBatch(wasm, [[1]], { maxTokens: 2 })).toHaveLength(1)
    tf.dispose(model.parameters)
  })

  it('takes the same caches again', async () => {
    const config = gptConfig('tinystories-1m', { vocabSize: 100 })
    const wasm = await createWasmModel({ config, parameters: initParameterArrays(config, 1) })
    // Each cache is 8 MiB: were they not used again, 700 texts would need more than WebAssembly has.
    for (let i = 0; i < 700; i++) await generateBatch(wasm, [[i % 100]], { maxTokens: 1 })
  })
})

describe('kernel-bytes.ts', () => {
  it('is what assembly/kernels.ts compiles to: else run `npm run build:kernels -w @tinystories/model`', async () => {
    const { readFile } = await import('node:fs/promises')
    const made = await readFile(new URL('./kernel-bytes.ts', import.meta.url), 'utf8')
    expect(made).toBe(await kernelBytesSource())
  })
})
