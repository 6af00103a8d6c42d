import { expect, test } from 'vitest'
import { readInt8, writeInt8 } from './int8.ts'

const shapes = { bias: [3], table: [2, 4], zeros: [1, 2] }
const parameters = {
  bias: Float32Array.of(0.1, -2, 1e-7),
  table: Float32Array.of(1.27, -0.5, 0.004, 0, -12.7, 6, 0.06, 0.04),
  zeros: new Float32Array(2),
}

test('vectors come back as they were, rows of matrices within half a step of their own', () => {
  const bytes = writeInt8(parameters, shapes)
  // Three numbers of the vector and a scale for each of three rows; a byte for each weight.
  expect(bytes.length).toBe((3 + 3) * 4 + 8 + 2)
  const read = readInt8(bytes.buffer, shapes)
  expect(read.bias).toEqual(parameters.bias)
  expect(read.zeros).toEqual(parameters.zeros)
  const steps = [1.27 / 127, 12.7 / 127]
  for (const [i, value] of parameters.table.entries())
    expect(Math.abs(read.table![i]! - value)).toBeLessThanOrEqual(steps[Math.floor(i / 4)]! / 2 + 1e-7)
  expect(read.table![0]).toBeNear(1.27, { relative: 1e-6 })
})

test('a file of another size is refused', () => {
  const bytes = writeInt8(parameters, shapes)
  expect(() => readInt8(bytes.buffer.slice(0, -1), shapes)).toThrow('The file has 33 bytes, not 34.')
})
