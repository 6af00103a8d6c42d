import { Random } from '@tinystories/utils/random'
import { expect, test } from 'vitest'
import { mutate } from './mutate.ts'

test('the input stays as it is, whichever kind of array holds it', () => {
  // `slice` of a Buffer is a view of the same bytes.
  const input = Buffer.from('Once upon a time.')
  for (let number = 0; number < 200; number++) mutate(input, [input], new Random(1).stream(number))
  expect(input.toString()).toBe('Once upon a time.')
})

test('the same draw gives the same mutation', () => {
  const [first, second] = [1, 2].map(() =>
    mutate(Uint8Array.of(1, 2, 3, 4), [Uint8Array.of(5)], new Random(3).stream(7)),
  )
  expect(first).toEqual(second)
})
