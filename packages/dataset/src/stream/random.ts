/** Four 32-bit words: the whole state of a {@link Random}. */
export type RandomState = readonly [number, number, number, number]

/** Uniform whole numbers from sfc32 (Chris Doty-Humphrey's small fast counting generator, PractRand). */
export interface Random {
  /** A whole number in 0 .. limit - 1. */
  below(limit: number): number
  /** A number from 0 up to 1, in steps of 2^-32. */
  fraction(): number
  state(): RandomState
}

/** A generator that continues at `state`. */
export function randomFrom(state: RandomState): Random {
  let [a, b, c, counter] = state
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  return {
    // 32 bits times the limit, high part: the bias is below limit / 2^32.
    below: limit => Math.floor((next() / 0x1_0000_0000) * limit),
    fraction: () => next() / 0x1_0000_0000,
    state: () => [a, b, c, counter],
  }
}

/** A generator for a seed and an epoch; neighbouring seeds give unrelated sequences. */
export function randomOf(seed: number, epoch: number): Random {
  const random = randomFrom([mix(seed), mix(seed / 0x1_0000_0000 + 0x9e37), mix(epoch ^ 0x5bd1e995), 1])
  // sfc32 wants a dozen rounds before the words of the seed have spread.
  for (let i = 0; i < 12; i++) random.below(2)
  return random
}

/** The finaliser of MurmurHash3: every bit of the input changes about half of the output's. */
export function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
