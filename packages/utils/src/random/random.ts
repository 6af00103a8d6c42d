import { philox } from './philox.ts'
import { RandomError } from './random-error.ts'

/** Where a {@link Random} stands; it can be written as JSON. */
export interface RandomState {
  /** The seed as two 32-bit words, the low one first. */
  readonly seed: readonly [number, number]
  /** The stream as two 32-bit words. */
  readonly stream: readonly [number, number]
  /** 32-bit words drawn so far. */
  readonly position: number
  /** The second of a pair of normal numbers, when it has not been drawn yet. */
  readonly spare?: number
}

/**
 * Seeded random numbers, the same wherever they run: Philox4x32-10 in counter mode (J. K. Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011). Every seed has 2^64 independent streams, which {@link stream} names.
 *
 * ```ts
 * const random = new Random(42)
 * const order = random.stream('epoch', 3).shuffle([...rows.keys()])
 * const saved = JSON.stringify(random.state)
 * const continued = new Random(JSON.parse(saved))
 * ```
 */
export class Random {
  readonly #seed: readonly [number, number]
  readonly #stream: readonly [number, number]
  readonly #block: Uint32Array = new Uint32Array(4)
  /** Blocks of four words computed so far. */
  #blocks = 0
  /** The next word of the block; 4 when all are used. */
  #next = 4
  #spare: number | undefined

  /**
   * @param seed any safe integer, or the `state` of another generator, which is continued
   * @throws RandomError `invalid-seed`, `invalid-state`
   */
  constructor(seed: number | RandomState) {
    if (typeof seed === 'number') {
      this.#seed = wordsOf(seed)
      this.#stream = [0, 0]
      return
    }
    if (!isState(seed)) throw new RandomError('invalid-state', { state: seed })
    this.#seed = seed.seed
    this.#stream = seed.stream
    this.#spare = seed.spare
    this.#blocks = Math.floor(seed.position / 4)
    if (seed.position % 4 === 0) return
    this.#fill()
    this.#next = seed.position % 4
  }

  /** Where the generator stands. */
  get state(): RandomState {
    const state = {
      seed: this.#seed,
      stream: this.#stream,
      position: this.#blocks * 4 - (4 - this.#next),
    }
    return this.#spare === undefined ? state : { ...state, spare: this.#spare }
  }

  /** 32 random bits as an integer from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#next === 4) this.#fill()
    return this.#block[this.#next++]!
  }

  /** Uniform in [0, 1), in steps of 2^-53. */
  uniform(): number {
    const high = this.uint32() >>> 5
    return (high * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53
  }

  /**
   * A uniform integer from 0 to `limit` - 1, without bias: draws that would make some results likelier are repeated.
   *
   * @param limit from 1 to 2^53 - 1
   * @throws RandomError `invalid-limit`
   */
  integer(limit: number): number {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new RandomError('invalid-limit', { limit })
    const range = limit > 2 ** 32 ? 2 ** 53 : 2 ** 32
    const unbiased = range - (range % limit)
    for (;;) {
      const drawn = range === 2 ** 32 ? this.uint32() : this.uniform() * 2 ** 53
      if (drawn < unbiased) return drawn % limit
    }
  }

  /** Normal with mean 0 and standard deviation 1 (Box and Muller, 1958). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare
      this.#spare = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = (2 * Math.PI * this.uint32()) / 2 ** 32
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Shuffles in place (Fisher and Yates); every order is equally likely. Returns its argument. */
  shuffle<Items extends { length: number; [index: number]: unknown }>(items: Items): Items {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const item = items[i]
      items[i] = items[j]
      items[j] = item
    }
    return items
  }

  /**
   * An independent generator for a part of the work, such as `stream('epoch', 3)`. It depends on the seed, this stream
   * and the names, not on what has been drawn; `stream('a', 1)` is `stream('a').stream(1)`.
   *
   * @param names texts and safe integers; `1` and `'1'` are different
   * @throws RandomError `invalid-seed`
   */
  stream(...names: (string | number)[]): Random {
    let stream = this.#stream
    for (const name of names) stream = substream(stream, name)
    return new Random({ seed: this.#seed, stream, position: 0 })
  }

  #fill(): void {
    this.#block[0] = this.#blocks >>> 0
    this.#block[1] = Math.floor(this.#blocks / 2 ** 32)
    this.#block[2] = this.#stream[0]
    this.#block[3] = this.#stream[1]
    philox(this.#block, this.#seed[0], this.#seed[1])
    this.#blocks++
    this.#next = 0
  }
}

const numberKey = 1
const textKey = 2

/** The stream of a name within a stream: both go through the bijection under a key that no seed of a user has. */
function substream(stream: readonly [number, number], name: string | number): readonly [number, number] {
  const block = Uint32Array.of(stream[0], stream[1], 0, 0)
  if (typeof name === 'number') {
    const words = wordsOf(name)
    block[2] = words[0]
    block[3] = words[1]
    philox(block, numberKey, 0)
    return [block[0]!, block[1]!]
  }
  // Two UTF-16 units a word, two words a block; the length is in the key, so that no text is another one with zeros.
  for (let at = 0; at === 0 || at < name.length; at += 4) {
    const unit = (i: number): number => (at + i < name.length ? name.charCodeAt(at + i) : 0)
    block[2] = block[2]! ^ (unit(0) | (unit(1) << 16))
    block[3] = block[3]! ^ (unit(2) | (unit(3) << 16))
    philox(block, textKey, name.length)
  }
  return [block[0]!, block[1]!]
}

/** A safe integer as two words of its two's complement, the low one first. */
function wordsOf(seed: number): readonly [number, number] {
  if (!Number.isSafeInteger(seed)) throw new RandomError('invalid-seed', { seed })
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]
}

function isState(state: RandomState | null): state is RandomState {
  const areWords = (words: unknown): boolean =>
    Array.isArray(words) &&
    words.length === 2 &&
    words.every(word => Number.isInteger(word) && word >>> 0 === word)
  return (
    typeof state === 'object' &&
    state !== null &&
    areWords(state.seed) &&
    areWords(state.stream) &&
    Number.isSafeInteger(state.position) &&
    state.position >= 0 &&
    (state.spare === undefined || Number.isFinite(state.spare))
  )
}
