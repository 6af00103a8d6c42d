/**
 * The characters of Windows-1252 that stand for the bytes 0x80 .. 0x9F (the table of the Unicode consortium, CP1252.TXT).
 * The five bytes it leaves open (81, 8D, 8F, 90, 9D) are the control characters of the same number, as browsers have it.
 */
const high = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

const byteOf = new Map<number, number>(Array.from(high, (char, i) => [char.charCodeAt(0), 0x80 + i]))

/** The byte that a UTF-16 unit is in Windows-1252; -1 when it has none there, or is ASCII, which cannot be broken. */
export function windows1252Byte(unit: number): number {
  if (unit < 0x80) return -1
  const byte = byteOf.get(unit)
  if (byte !== undefined) return byte
  return unit >= 0xa0 && unit <= 0xff ? unit : -1
}
