import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { useBackend } from './use-backend.ts'

beforeAll(async () => {
  await useBackend('cpu')
  await useBackend('wasm')
  // Has the engine look for data that a kernel allocates and forgets.
  tf.env().set('IS_TEST', true)
})

afterEach(async () => {
  await useBackend('wasm')
})

type Random = (size: number) => Float32Array

function random(seed: number): Random {
  let state = seed >>> 0
  return size =>
    Float32Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return (state >>> 8) / 2 ** 23 - 1
    })
}

/** Runs `fn` on both backends and compares shape, type and values; no tensor may be left over. */
async function agree(fn: (random: Random) => Tensor, seed: number, tolerance = 1e-5): Promise<void> {
  const results = []
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend(backend)
    const { numTensors, numDataBuffers } = tf.memory()
    const ids = tf.engine().backend.numDataIds()
    results.push(
      tf.tidy(() => {
        const y = fn(random(seed))
        return { shape: y.shape, dtype: y.dtype, data: Array.from(y.dataSync()) }
      }),
    )
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers })
    expect(tf.engine().backend.numDataIds()).toBe(ids)
  }
  const [cpu, wasm] = results
  expect(wasm!.shape).toEqual(cpu!.shape)
  expect(wasm!.dtype).toBe(cpu!.dtype)
  const worst = cpu!.data.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - wasm!.data[i]!) / (1 + Math.abs(value))),
    0,
  )
  expect(worst).toBeLessThan(tolerance)
}

const size = fc.integer({ min: 1, max: 40 })
const runs = { numRuns: 40 }

describe('BatchMatMul on wasm', () => {
  it('agrees with cpu for every transposition, batch and size', async () => {
    const batches = fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[1], [1]],
      [[3], [3]],
      [[3], [1]],
      [[1], [4]],
      [[], [2, 2]],
      [[2, 3], []],
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
    )
    await fc.assert(
      fc.asyncProperty(
        batches,
        // Large enough for both ways through the kernel.
        fc.tuple(size, size, size, fc.constantFrom(1, 2)),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        ([batchA, batchB], [m, k, n, scale], transposeA, transposeB, seed) => {
          const shapeA = [...batchA, ...(transposeA ? [k * scale, m] : [m, k * scale])]
          const shapeB = [...batchB, ...(transposeB ? [n, k * scale] : [k * scale, n])]
          return agree(random => {
            const a = tf.tensor(random(tf.util.sizeFromShape(shapeA)), shapeA)
            const b = tf.tensor(random(tf.util.sizeFromShape(shapeB)), shapeB)
            return tf.matMul(a, b, transposeA, transposeB)
          }, seed)
        },
      ),
      runs,
    )
  })

  it('sees new values in memory that an earlier product used', async () => {
    // XNNPACK keeps packed weights by tensor id: a stale pack would repeat the first product.
    const square = (value: number): number =>
      tf.tidy(() => {
        const a = tf.fill([3, 32, 32], 1)
        const b = tf.fill([3, 32, 32], value)
        return tf.matMul(a, b, false, true).dataSync()[0]!
      })
    expect([1, 2, 3].map(square)).toEqual([32, 64, 96])
  })

  it('keeps the heap flat over many products', async () => {
    const { wasm } = tf.engine().backend as unknown as { wasm: { HEAPU8: Uint8Array } }
    const products = (count: number): void => {
      for (let i = 0; i < count; i++) {
        tf.tidy(() => tf.matMul(tf.ones([8, 64, 64]), tf.ones([8, 64, 64]), true, true).dataSync())
      }
    }
    products(20)
    const before = wasm.HEAPU8.byteLength
    products(400)
    expect(wasm.HEAPU8.byteLength).toBe(before)
  })

  it('still refuses operands that do not fit', () => {
    expect(() => tf.matMul(tf.ones([2, 32, 16]), tf.ones([2, 32, 16]))).toThrow(/inner shapes/)
  })
})

describe('Transpose on wasm', () => {
  it('agrees with cpu for every order of axes and type', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom('float32' as const, 'int32' as const),
        fc.nat(),
        (shape, swapsLast, dtype, seed) =>
          agree(random => {
            const perm = shape.map((_, i) => i)
            if (swapsLast) perm.push(...perm.splice(-2).reverse())
            else perm.sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))
            const x = tf.tensor(random(tf.util.sizeFromShape(shape)), shape)
            return tf.transpose(tf.cast(tf.mul(x, 100), dtype), perm)
          }, seed),
      ),
      { numRuns: 80 },
    )
  })

  it('does matrices larger than a tile, and of a power of two', async () => {
    for (const shape of [
      [64, 128],
      [3, 33, 65],
      [2, 2, 17, 9],
    ]) {
      await agree(
        random =>
          tf.transpose(tf.tensor(random(tf.util.sizeFromShape(shape)), shape), [
            ...shape.slice(2).map((_, i) => i),
            shape.length - 1,
            shape.length - 2,
          ]),
        1,
      )
    }
  })
})

describe('Sum on wasm', () => {
  it('agrees with cpu over any axes, type and rank', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: -4, max: 3 }), { maxLength: 3 }),
        fc.boolean(),
        fc.constantFrom('float32' as const, 'int32' as const),
        fc.nat(),
        (shape, wanted, keepDims, dtype, seed) =>
          agree(random => {
            const { length } = shape
            const axes = [
              ...new Set(wanted.filter(a => a >= -length && a < length).map(a => (a + length) % length)),
            ]
            const x = tf.tensor(random(tf.util.sizeFromShape(shape)), shape)
            return tf.sum(tf.cast(tf.mul(x, 10), dtype), axes, keepDims)
          }, seed),
      ),
      { numRuns: 120 },
    )
  })

  it('loses nothing over many rows', async () => {
    await agree(() => tf.sum(tf.fill([100_000, 3], 0.1), 0), 1, 1e-4)
    const [sum] = tf.tidy(() => tf.sum(tf.fill([100_000, 3], 0.1), 0).dataSync())
    // 0.1 as a float32, a hundred thousand times, rounded once.
    expect(sum).toBe(Math.fround(100_000 * Math.fround(0.1)))
  })
})

describe('UnsortedSegmentSum on wasm', () => {
  it('agrees with cpu, duplicates and dropped rows included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
        fc.nat(),
        (ids, inner, seed) =>
          agree(random => {
            const shape = [ids.length, ...inner]
            const x = tf.tensor(random(tf.util.sizeFromShape(shape)), shape)
            return tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 7)
          }, seed),
      ),
      runs,
    )
  })

  it('adds up an embedding gradient', () => {
    const gradient = tf.tidy(() => {
      const ids = tf.tensor1d([2, 0, 2, 2], 'int32')
      return tf
        .grad((table: Tensor) => tf.sum(tf.mul(tf.gather(table, ids), 3)))(tf.ones([4, 2]))
        .dataSync()
    })
    expect(Array.from(gradient)).toEqual([3, 3, 0, 0, 9, 9, 0, 0])
  })
})

describe('Einsum on wasm', () => {
  const equations: [string, number[][]][] = [
    [
      'ij,jk->ik',
      [
        [3, 4],
        [4, 5],
      ],
    ],
    [
      'bij,bjk->bik',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
    ],
    [
      'bqhd,bkhd->bhqk',
      [
        [2, 3, 2, 4],
        [2, 5, 2, 4],
      ],
    ],
    [
      'bhqk,bkhd->bqhd',
      [
        [2, 2, 3, 5],
        [2, 5, 2, 4],
      ],
    ],
    ['i,j->ij', [[3], [4]]],
    ['i,j->ji', [[3], [4]]],
    ['i,i->', [[5], [5]]],
    [
      'ij,jk->i',
      [
        [3, 4],
        [4, 5],
      ],
    ],
    ['ij->ji', [[3, 4]]],
    ['ijk->ki', [[2, 3, 4]]],
    ['ij->', [[3, 4]]],
  ]
  it.each(equations)('%s agrees with cpu', async (equation, shapes) => {
    await agree(
      random =>
        tf.einsum(equation, ...shapes.map(shape => tf.tensor(random(tf.util.sizeFromShape(shape)), shape))),
      5,
    )
  })
})
