import { Encoding, type Positions } from '../encoding/encoding.ts'
import type { Vocabulary } from '../models/vocabulary.ts'

/** Encodings end to end in a few arrays, whose buffers a worker thread transfers. */
export interface PackedEncodings {
  ids: Int32Array
  positions: Positions | undefined
  runs: Int32Array
  /** For each encoding its tokens, its numbers in `runs`, and how many overflowing parts follow it. */
  sizes: Int32Array
}

/** Packs encodings, each followed by its overflowing parts. */
export function packEncodings(encodings: readonly Encoding[]): PackedEncodings {
  const all = encodings.flatMap(encoding => [encoding, ...encoding.overflowing])
  const tokens = all.reduce((sum, each) => sum + each.length, 0)
  const runs = new Int32Array(all.reduce((sum, each) => sum + each.runs.length, 0))
  const sizes = new Int32Array(all.length * 3)
  const ids = new Int32Array(tokens)
  let positions: Positions | undefined
  if (all[0]?.positions !== undefined) {
    positions = {
      starts: new Int32Array(tokens),
      ends: new Int32Array(tokens),
      words: new Int32Array(tokens),
    }
  }
  let at = 0
  let run = 0
  for (const [i, each] of all.entries()) {
    ids.set(each.ids, at)
    positions?.starts.set(each.positions!.starts, at)
    positions?.ends.set(each.positions!.ends, at)
    positions?.words.set(each.positions!.words, at)
    runs.set(each.runs, run)
    sizes.set([each.length, each.runs.length, each.overflowing.length], i * 3)
    at += each.length
    run += each.runs.length
  }
  return { ids, positions, runs, sizes }
}

/** The encodings again, as views of the packed arrays: thousands of small arrays of their own would cost more. */
export function unpackEncodings(
  { ids, positions, runs, sizes }: PackedEncodings,
  vocabulary: Vocabulary,
): Encoding[] {
  let index = 0
  let at = 0
  let run = 0
  const next = (): Encoding => {
    const [length, runLength, parts] = [sizes[index]!, sizes[index + 1]!, sizes[index + 2]!]
    const [from, to] = [at, at + length]
    const ownRuns: number[] = []
    for (let i = 0; i < runLength; i++) ownRuns.push(runs[run + i]!)
    index += 3
    at = to
    run += runLength
    const own = positions && {
      starts: positions.starts.subarray(from, to),
      ends: positions.ends.subarray(from, to),
      words: positions.words.subarray(from, to),
    }
    const overflowing: Encoding[] = []
    const encodingIds = ids.subarray(from, to)
    while (overflowing.length < parts) overflowing.push(next())
    return new Encoding(vocabulary, encodingIds, ownRuns, own, overflowing)
  }
  const encodings: Encoding[] = []
  while (index < sizes.length) encodings.push(next())
  return encodings
}

/** The buffers to hand over. */
export function transferables({ ids, positions, runs, sizes }: PackedEncodings): ArrayBufferLike[] {
  const arrays = [ids, runs, sizes, ...(positions ? [positions.starts, positions.ends, positions.words] : [])]
  return arrays.map(array => array.buffer)
}
