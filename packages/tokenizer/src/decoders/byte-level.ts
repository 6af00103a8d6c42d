/**
 * Byte-level BPE writes each byte as a character: printable Latin-1 as itself, the others in order from U+0100
 * on (Radford et al. 2019, GPT-2).
 */
const bytes: ReadonlyMap<string, number> = new Map(byteCharacters())

function* byteCharacters(): IterableIterator<[character: string, byte: number]> {
  let next = 0x100
  for (let byte = 0; byte < 0x100; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
    yield [String.fromCharCode(printable ? byte : next++), byte]
  }
}

/** The bytes that a token stands for; characters that stand for none are left out. */
export function tokenBytes(token: string): Uint8Array {
  return Uint8Array.from(
    Array.from(token, character => bytes.get(character)).filter(byte => byte !== undefined),
  )
}

/** Turns bytes into text piece by piece, holding back a character that is not whole. */
export interface ByteDecoder {
  push(bytes: Uint8Array): string
  /** What was held back, as U+FFFD. */
  end(): string
}

/** Makes a {@link ByteDecoder} for UTF-8. */
export function byteDecoder(): ByteDecoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return { push: piece => decoder.decode(piece, { stream: true }), end: () => decoder.decode() }
}
