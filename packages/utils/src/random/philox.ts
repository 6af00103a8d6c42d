/** The high word of the 64-bit product of two unsigned 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  // No sum here exceeds 2^32 - 1.
  const middle = (Math.imul(aHigh, bLow) >>> 0) + ((Math.imul(aLow, bLow) >>> 0) >>> 16)
  const cross = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff)
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0
}

/**
 * Philox4x32-10: a bijection of four 32-bit words under a key of two, whose outputs for successive counters are random
 * numbers. J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @param counter four words; replaced by the output
 */
export function philox(counter: Uint32Array, key0: number, key1: number): void {
  let c0 = counter[0]!
  let c1 = counter[1]!
  let c2 = counter[2]!
  let c3 = counter[3]!
  let k0 = key0
  let k1 = key1
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, 0xd2511f53)
    const low0 = Math.imul(c0, 0xd2511f53)
    const high1 = multiplyHigh(c2, 0xcd9e8d57)
    const low1 = Math.imul(c2, 0xcd9e8d57)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1 >>> 0
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0 >>> 0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  counter[0] = c0
  counter[1] = c1
  counter[2] = c2
  counter[3] = c3
}
