import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SharedArrays } from './parameter-share.ts'
import { rangesOf, sumGradients } from './sum-gradients.ts'

const values = fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 })

test('the ranges together give the total of the workers, and the squares of each parameter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(values),
      (sizes, workers, stream) => {
        const size = sizes.reduce((a, b) => a + b, 0)
        const next = (): number => stream.next().value as number
        const shared: SharedArrays = {
          layout: {
            names: sizes.map((_, i) => `p${i}`),
            shapes: Object.fromEntries(sizes.map((size, i) => [`p${i}`, [size]])),
            offsets: Object.fromEntries(
              sizes.map((_, i) => [`p${i}`, sizes.slice(0, i).reduce((a, b) => a + b, 0)]),
            ),
            size,
          },
          parameters: new Float32Array(size),
          average: new Float32Array(size),
          gradients: Array.from({ length: workers }, () => Float32Array.from({ length: size }, next)),
          total: new Float32Array(size).fill(Number.NaN),
        }
        const parts = rangesOf(size, workers).map(range => sumGradients(shared, workers, range))
        for (let i = 0; i < size; i++) {
          const expected = shared.gradients.reduce((sum, flat) => Math.fround(sum + flat[i]!), 0)
          // Plus 0: the sum of one worker may be -0.
          expect(shared.total[i]! + 0).toBe(expected)
        }
        for (const [i, name] of shared.layout.names.entries()) {
          const from = shared.layout.offsets[name]!
          const own = shared.total.subarray(from, from + sizes[i]!)
          const expected = own.reduce((sum, value) => sum + value * value, 0)
          // The squares are summed in double precision.
          expect(parts.reduce((sum, part) => sum + part[i]!, 0)).toBeNear(expected, { relative: 1e-14 })
        }
      },
    ),
  )
})
