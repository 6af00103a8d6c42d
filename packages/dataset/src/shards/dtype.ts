/** How a token is stored: little-endian, without a sign. */
export type TokenDtype = 'uint16' | 'uint32'

/** Tokens as they lie in a file. */
export type TokenArray = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>

/** Bytes of a token. */
export const widthOf: Record<TokenDtype, number> = { uint16: 2, uint32: 4 }

/** True on the rare big-endian machine. */
export const swapNeeded: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0

/** Room for tokens. */
export function tokenArray(dtype: TokenDtype, length: number): TokenArray {
  return dtype === 'uint16' ? new Uint16Array(length) : new Uint32Array(length)
}

/** The numbers' bytes in the order of the file. On the rare big-endian machine the array itself is turned. */
export function littleEndian(array: TokenArray): Uint8Array {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength)
  if (!swapNeeded) return bytes
  return array.BYTES_PER_ELEMENT === 2 ? bytes.swap16() : bytes.swap32()
}
