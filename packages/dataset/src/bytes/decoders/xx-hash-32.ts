import { uint32At } from './byte-taker.ts'

const PRIMES = [2654435761, 2246822519, 3266489917, 668265263, 374761393] as const

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

/** xxHash, 32 bits, seed 0, of bytes that come in parts: the checksum of LZ4 frames. */
export class XxHash32 {
  readonly #lanes: Int32Array = Int32Array.of(PRIMES[0] + PRIMES[1], PRIMES[1], 0, -PRIMES[0])
  readonly #rest: Uint8Array = new Uint8Array(16)
  #restLength = 0
  #length = 0

  update(bytes: Uint8Array): this {
    this.#length += bytes.length
    let at = 0
    if (this.#restLength > 0) {
      at = Math.min(16 - this.#restLength, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restLength)
      this.#restLength += at
      if (this.#restLength < 16) return this
      this.#stripe(this.#rest, 0)
    }
    for (; at + 16 <= bytes.length; at += 16) this.#stripe(bytes, at)
    this.#restLength = bytes.length - at
    this.#rest.set(bytes.subarray(at))
    return this
  }

  #stripe(bytes: Uint8Array, at: number): void {
    const lanes = this.#lanes
    for (let lane = 0; lane < 4; lane++) {
      const mixed = lanes[lane]! + Math.imul(uint32At(bytes, at + 4 * lane), PRIMES[1])
      lanes[lane] = Math.imul(rotate(mixed, 13), PRIMES[0])
    }
  }

  digest(): number {
    const [a, b, c, d] = this.#lanes as unknown as [number, number, number, number]
    let hash = this.#length < 16 ? PRIMES[4] : rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
    hash = (hash + this.#length) | 0
    let at = 0
    for (; at + 4 <= this.#restLength; at += 4) {
      hash = Math.imul(rotate(hash + Math.imul(uint32At(this.#rest, at), PRIMES[2]), 17), PRIMES[3])
    }
    for (; at < this.#restLength; at++) {
      hash = Math.imul(rotate(hash + Math.imul(this.#rest[at]!, PRIMES[4]), 11), PRIMES[0])
    }
    hash = Math.imul(hash ^ (hash >>> 15), PRIMES[1])
    hash = Math.imul(hash ^ (hash >>> 13), PRIMES[2])
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

/** xxHash, 32 bits, seed 0. */
export const xxHash32 = (bytes: Uint8Array): number => new XxHash32().update(bytes).digest()
