import type { ByteTaker } from './byte-taker.ts'

/** Numbers of the states that follow a literal; the others follow a match or a repetition. */
const LITERAL_STATES = 7
const INITIAL = 1024
const FIRST_WINDOW = 64 * 1024

/** The content of LZMA2 data: chunks of at most 64 KiB that give at most 2 MiB each. */
export async function* decodeLzma2(input: ByteTaker, dictionarySize: number): AsyncGenerator<Uint8Array> {
  const lzma = new Lzma(dictionarySize)
  let needsReset = true
  let needsProperties = true
  for (;;) {
    const [control] = (await input.take(1)) as unknown as [number]
    if (control === 0) return
    if (control === 1 || control >= 0xe0) {
      lzma.resetDictionary()
      needsReset = false
    }
    if (needsReset || (control > 2 && control < 0x80)) throw input.damaged('a chunk is invalid')
    if (control < 0x80) {
      yield lzma.store(await input.take(bigEndian(await input.take(2)) + 1))
      continue
    }
    const size = ((control & 0x1f) << 16) + bigEndian(await input.take(2)) + 1
    const packed = bigEndian(await input.take(2)) + 1
    if (control >= 0xc0) {
      const [properties] = (await input.take(1)) as unknown as [number]
      if (!lzma.setProperties(properties)) throw input.damaged('the parameters of a chunk are invalid')
      needsProperties = false
    } else if (needsProperties) throw input.damaged('a chunk is invalid')
    if (control >= 0xa0) lzma.resetState()
    const content = lzma.decode(await input.take(packed), size)
    if (content === undefined) throw input.damaged('a chunk is invalid')
    yield content
  }
}

const bigEndian = (bytes: Uint8Array): number => bytes[0]! * 256 + bytes[1]!

/** Probabilities of 0, in 2,048ths, of the bits of numbers of so many bits. */
const tree = (bits: number): Uint16Array => new Uint16Array(1 << bits).fill(INITIAL)

/** Probabilities of the lengths of matches. */
class Lengths {
  readonly choices: Uint16Array = tree(1)
  readonly low: Uint16Array[] = Array.from({ length: 16 }, () => tree(3))
  readonly middle: Uint16Array[] = Array.from({ length: 16 }, () => tree(3))
  readonly high: Uint16Array = tree(8)

  decode(coder: RangeDecoder, position: number): number {
    if (coder.bit(this.choices, 0) === 0) return 2 + coder.number(this.low[position]!, 3)
    if (coder.bit(this.choices, 1) === 0) return 10 + coder.number(this.middle[position]!, 3)
    return 18 + coder.number(this.high, 8)
  }
}

/** Everything that a reset of the state forgets. */
class Model {
  state = 0
  /** The last four distances, less one. */
  distances: [number, number, number, number] = [0, 0, 0, 0]
  readonly isMatch: Uint16Array = tree(8)
  readonly isRepetition: Uint16Array = tree(4)
  readonly isOlder: Uint16Array = tree(4)
  readonly isOlderThanSecond: Uint16Array = tree(4)
  readonly isOldest: Uint16Array = tree(4)
  readonly isLong: Uint16Array = tree(8)
  readonly matchLengths: Lengths = new Lengths()
  readonly repetitionLengths: Lengths = new Lengths()
  readonly slots: Uint16Array[] = Array.from({ length: 4 }, () => tree(6))
  readonly middleBits: Uint16Array = tree(7)
  readonly alignment: Uint16Array = tree(4)
  readonly literals: Uint16Array

  constructor(literalBits: number) {
    this.literals = new Uint16Array(0x300 << literalBits).fill(INITIAL)
  }
}

/** LZMA as LZMA2 uses it: the window of what came, and the model that chunks share. */
class Lzma {
  readonly #size: number
  #window: Uint8Array
  /** Bytes since the dictionary was reset. */
  #total = 0
  #literalContext = 0
  #literalPosition = 0
  #position = 0
  #model: Model = new Model(0)

  constructor(size: number) {
    this.#size = size
    this.#window = new Uint8Array(Math.min(size, FIRST_WINDOW))
  }

  resetDictionary(): void {
    this.#total = 0
  }

  /** False when they are invalid. The state is reset with them. */
  setProperties(byte: number): boolean {
    this.#literalContext = byte % 9
    this.#literalPosition = Math.floor(byte / 9) % 5
    this.#position = Math.floor(byte / 45)
    return this.#position < 5 && this.#literalContext + this.#literalPosition <= 4
  }

  resetState(): void {
    this.#model = new Model(this.#literalContext + this.#literalPosition)
  }

  /** Takes bytes as they are. */
  store(bytes: Uint8Array): Uint8Array {
    this.#makeRoom(bytes.length)
    for (const byte of bytes) this.#put(byte)
    return bytes
  }

  /** The bytes of a chunk; undefined when it is damaged. */
  decode(packed: Uint8Array, size: number): Uint8Array | undefined {
    const coder = new RangeDecoder(packed)
    const model = this.#model
    const out = new Uint8Array(size)
    this.#makeRoom(size)
    let at = 0
    while (at < size) {
      const position = this.#total & ((1 << this.#position) - 1)
      const { state } = model
      if (coder.bit(model.isMatch, 16 * state + position) === 0) {
        out[at] = this.#literal(coder)
        this.#put(out[at]!)
        at++
        model.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
        continue
      }
      const length = this.#matchLength(coder, position)
      const distance = model.distances[0] + 1
      const reach = Math.min(this.#total, this.#size)
      if (distance > reach || at + length > size) return undefined
      for (let end = at + length; at < end; at++) {
        out[at] = this.#back(distance)
        this.#put(out[at]!)
      }
    }
    return coder.isFinished() ? out : undefined
  }

  /** Reads how long a match is, and makes its distance the first of the model's. */
  #matchLength(coder: RangeDecoder, position: number): number {
    const model = this.#model
    const { state, distances } = model
    const afterLiteral = state < LITERAL_STATES
    if (coder.bit(model.isRepetition, state) === 0) {
      model.state = afterLiteral ? 7 : 10
      const length = model.matchLengths.decode(coder, position)
      model.distances = [this.#distance(coder, length), distances[0], distances[1], distances[2]]
      return length
    }
    if (coder.bit(model.isOlder, state) === 0) {
      if (coder.bit(model.isLong, 16 * state + position) === 0) {
        model.state = afterLiteral ? 9 : 11
        return 1
      }
    } else {
      const [a, b, c, d] = distances
      if (coder.bit(model.isOlderThanSecond, state) === 0) model.distances = [b, a, c, d]
      else model.distances = coder.bit(model.isOldest, state) === 0 ? [c, a, b, d] : [d, a, b, c]
    }
    model.state = afterLiteral ? 8 : 11
    return model.repetitionLengths.decode(coder, position)
  }

  /** A distance, less one. */
  #distance(coder: RangeDecoder, length: number): number {
    const { slots, middleBits, alignment } = this.#model
    const slot = coder.number(slots[Math.min(length - 2, 3)]!, 6)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const base = (2 | (slot & 1)) * 2 ** bits
    if (slot < 14) return base + coder.reversed(middleBits, base - slot, bits)
    return base + coder.direct(bits - 4) * 16 + coder.reversed(alignment, 0, 4)
  }

  #literal(coder: RangeDecoder): number {
    const { literals, state, distances } = this.#model
    const before = this.#total === 0 ? 0 : this.#back(1)
    const context =
      ((this.#total & ((1 << this.#literalPosition) - 1)) << this.#literalContext) +
      (before >> (8 - this.#literalContext))
    const base = 0x300 * context
    let symbol = 1
    if (state >= LITERAL_STATES) {
      let match = this.#back(distances[0] + 1)
      while (symbol < 0x100) {
        const expected = (match >> 7) & 1
        match <<= 1
        const bit = coder.bit(literals, base + 0x100 * (1 + expected) + symbol)
        symbol = 2 * symbol + bit
        if (bit !== expected) break
      }
    }
    while (symbol < 0x100) symbol = 2 * symbol + coder.bit(literals, base + symbol)
    return symbol & 0xff
  }

  #put(byte: number): void {
    this.#window[this.#total++ % this.#window.length] = byte
  }

  #back(distance: number): number {
    return this.#window[(this.#total - distance) % this.#window.length] ?? 0
  }

  /** The window grows while it is not filled, so that a small file takes little whatever it announces. */
  #makeRoom(count: number): void {
    const length = this.#window.length
    if (length === this.#size || this.#total + count <= length) return
    const larger = new Uint8Array(Math.min(this.#size, Math.max(2 * length, this.#total + count)))
    larger.set(this.#window)
    this.#window = larger
  }
}

class RangeDecoder {
  readonly #bytes: Uint8Array
  #at = 5
  #range = 0xffffffff
  #code: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    // The first byte is always 0.
    this.#code =
      bytes[0] === 0 ? bigEndian(bytes.subarray(1)) * 65536 + bigEndian(bytes.subarray(3)) : Number.NaN
  }

  /** Whether the bytes were what they should be, and all of them are used. */
  isFinished(): boolean {
    return this.#at === this.#bytes.length && this.#code === 0
  }

  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index]!
    const bound = (this.#range >>> 11) * probability
    if (this.#code < bound) {
      this.#range = bound
      probabilities[index] = probability + ((2048 - probability) >> 5)
      this.#normalize()
      return 0
    }
    this.#range -= bound
    this.#code -= bound
    probabilities[index] = probability - (probability >> 5)
    this.#normalize()
    return 1
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return
    this.#range *= 256
    // Behind the end there are zeros, and it shows at the end of the chunk.
    this.#code = this.#code * 256 + (this.#bytes[this.#at++] ?? 0)
  }

  /** A number of so many bits, the highest first. */
  number(probabilities: Uint16Array, bits: number): number {
    let symbol = 1
    for (let i = 0; i < bits; i++) symbol = 2 * symbol + this.bit(probabilities, symbol)
    return symbol - (1 << bits)
  }

  /** A number of so many bits, the lowest first. */
  reversed(probabilities: Uint16Array, offset: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(probabilities, offset + symbol)
      symbol = 2 * symbol + bit
      value += bit << i
    }
    return value
  }

  /** A number of so many bits that are all as likely. */
  direct(bits: number): number {
    let value = 0
    for (let i = 0; i < bits; i++) {
      this.#range = Math.floor(this.#range / 2)
      const bit = this.#code < this.#range ? 0 : 1
      if (bit === 1) this.#code -= this.#range
      value = 2 * value + bit
      this.#normalize()
    }
    return value
  }
}
