/** CRC-32 as gzip, zip and xz have it, polynomial 0xedb88320, of bytes that come in parts. */
export class Crc32 {
  #value = -1

  update(bytes: Uint8Array): this {
    let value = this.#value
    for (const byte of bytes) value = (value >>> 8) ^ TABLE_32[(value ^ byte) & 0xff]!
    this.#value = value
    return this
  }

  /** Little-endian. */
  digest(): Uint8Array {
    return littleEndian(~this.#value)
  }
}

/** CRC-64 as xz has it, polynomial 0xc96c5795d7870f42, of bytes that come in parts. */
export class Crc64 {
  #low = -1
  #high = -1

  update(bytes: Uint8Array): this {
    let low = this.#low
    let high = this.#high
    for (const byte of bytes) {
      const entry = 2 * ((low ^ byte) & 0xff)
      low = ((low >>> 8) | (high << 24)) ^ TABLE_64[entry]!
      high = (high >>> 8) ^ TABLE_64[entry + 1]!
    }
    this.#low = low
    this.#high = high
    return this
  }

  /** Little-endian. */
  digest(): Uint8Array {
    return Uint8Array.of(...littleEndian(~this.#low), ...littleEndian(~this.#high))
  }
}

function littleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
}

const TABLE_32 = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})

const TABLE_64 = Int32Array.from(
  Array.from({ length: 256 }, (_, byte) => {
    let [low, high] = [byte, 0]
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1
      low = ((low >>> 1) | (high << 31)) ^ (odd ? 0xd7870f42 : 0)
      high = (high >>> 1) ^ (odd ? 0xc96c5795 : 0)
    }
    return [low, high]
  }).flat(),
)
