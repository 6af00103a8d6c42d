import { randomNumbers } from './random.ts'

/** The segments of each digit of a seven-segment display: top, upper left and right, middle, lower left and right, bottom. */
const SEGMENTS = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
]
const [HEIGHT, WIDTH] = [12, 10]

/** Images of digits [count, 12, 10, 1], each drawn at a random place, and their labels as rows [count, 10] of 0 and 1. */
export function drawnDigits(count: number, seed: number): { images: Float32Array; labels: Float32Array } {
  const next = randomNumbers(seed)
  const images = new Float32Array(count * HEIGHT * WIDTH)
  const labels = new Float32Array(count * 10)
  for (let image = 0; image < count; image++) {
    const digit = Math.floor(next() * 10)
    labels[image * 10 + digit] = 1
    const [top, left] = [Math.floor(next() * 4), Math.floor(next() * 5)]
    const set = (row: number, column: number): void => {
      images[(image * HEIGHT + top + row) * WIDTH + left + column] = 1
    }
    for (const [segment, on] of [...SEGMENTS[digit]!].entries()) {
      if (on === '0') continue
      const row = 4 * Math.floor(segment / 3)
      for (let i = 0; i < 5; i++) {
        if (segment % 3 === 0) set(row, i)
        else set(row + i, segment % 3 === 1 ? 0 : 4)
      }
    }
  }
  return { images, labels }
}
