import type { TokenBatch } from '@tinystories/trainer'

/** A batch of a language with something to learn: each token decides the next but for a little noise. */
export function randomTokens(
  index: number,
  { vocabSize, contextLength, batchSize }: { vocabSize: number; contextLength: number; batchSize: number },
): TokenBatch {
  const length = batchSize * contextLength
  const ids = new Int32Array(length + 1)
  let state = index * 7919 + 1
  for (let i = 1; i <= length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    ids[i] = (ids[i - 1]! * 31 + (state >>> 30)) % vocabSize
  }
  return {
    inputs: ids.slice(0, length),
    targets: ids.slice(1),
    mask: new Float32Array(length).fill(1),
    shape: [batchSize, contextLength],
    bytes: length * 4,
  }
}
