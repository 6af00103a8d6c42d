import { ModelFileError } from '../errors/index.ts'

/**
 * Half precision of IEEE 754, rounded to the nearest, ties to even.
 *
 * @throws ModelFileError `half-overflow`
 */
export function toHalf(data: Float32Array, tensor: string): Uint16Array {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length)
  return Uint16Array.from(bits, (word, i) => {
    const sign = (word >>> 16) & 0x8000
    const exponent = ((word >>> 23) & 255) - 127 + 15
    const fraction = word & 0x7fffff
    // Below the normal numbers the leading 1 is written out, and all of it shifts further.
    const shift = exponent > 0 ? 13 : Math.min(14 - exponent, 31)
    const significand = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000
    const kept = significand >>> shift
    const rest = significand & ((2 ** shift - 1) >>> 0)
    const middle = 2 ** (shift - 1)
    const half = kept + Number(rest > middle || (rest === middle && (kept & 1) === 1))
    if (half >= 0x7c00) throw new ModelFileError('half-overflow', { tensor, value: data[i]!, index: i })
    return sign | half
  })
}

/** The value of a half-precision number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}
