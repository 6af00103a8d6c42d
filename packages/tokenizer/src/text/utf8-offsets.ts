/**
 * Turns positions in UTF-16 units into positions in UTF-8 bytes, in place. The positions must not fall, as
 * those of the tokens of a text never do. A lone surrogate counts as U+FFFD, three bytes.
 */
export function toUtf8Offsets(text: string, positions: Int32Array): void {
  let unit = 0
  let bytes = 0
  for (let i = 0; i < positions.length; i++) {
    const target = positions[i]!
    while (unit < target) {
      const code = text.charCodeAt(unit++)
      if (code < 0x80) bytes += 1
      else if (code < 0x800) bytes += 2
      else if ((code & 0xfc00) === 0xd800 && (text.charCodeAt(unit) & 0xfc00) === 0xdc00) {
        bytes += 4
        unit++
      } else bytes += 3
    }
    positions[i] = bytes
  }
}
