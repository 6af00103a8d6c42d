/**
 * Byte-level vocabularies write each byte as a character: printable Latin-1 as itself, the others in order from
 * U+0100 on (Radford et al. 2019, GPT-2).
 */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters()

/** The byte of each of those characters. */
export const CHARACTER_BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
)

const encoder = new TextEncoder()

/** Text as the characters of its UTF-8 bytes; a lone surrogate counts as U+FFFD. */
export function toByteCharacters(text: string): string {
  let written = ''
  for (const byte of encoder.encode(text)) written += BYTE_CHARACTERS[byte]!
  return written
}

function byteCharacters(): string[] {
  let next = 0x100
  return Array.from({ length: 0x100 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
    return String.fromCharCode(printable ? byte : next++)
  })
}
