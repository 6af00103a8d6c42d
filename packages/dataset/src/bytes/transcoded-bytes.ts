import { DatasetError } from '../errors/dataset-error.ts'
import type { ByteSource } from './byte-source.ts'
import { derivedBytes } from './derived-bytes.ts'

/**
 * Text of another encoding as UTF-8. Positions count the UTF-8 bytes; a byte order mark is dropped.
 *
 * @param encoding a label of the Encoding Standard, such as `utf-16le` or `windows-1252`
 * @param invalid what is not valid in the encoding: an error that names its byte, or U+FFFD
 */
export function transcodedBytes(
  stored: ByteSource,
  encoding: string,
  invalid: 'error' | 'replace',
): ByteSource {
  return derivedBytes(stored, reader => {
    const decoder = new TextDecoder(encoding)
    const encoder = new TextEncoder()
    const check = invalid === 'error' ? invalidFinder(encoding) : undefined
    let at = 0
    let ended = false
    return {
      async read() {
        while (!ended) {
          const chunk = await reader.read()
          ended = chunk === undefined
          const wrong = check?.(chunk)
          if (wrong !== undefined) {
            throw new DatasetError('invalid-encoding', {
              source: stored.name,
              place: { unit: 'byte', number: at + wrong },
              encoding,
            })
          }
          at += chunk?.length ?? 0
          const bytes = encoder.encode(decoder.decode(chunk, { stream: !ended }))
          if (bytes.length > 0) return bytes
        }
        return undefined
      },
      close: async () => {},
    }
  })
}

/** Finds what is not valid in chunks that follow each other; its position counts from the chunk's start. */
type InvalidFinder = (chunk: Uint8Array | undefined) => number | undefined

function invalidFinder(encoding: string): InvalidFinder {
  return encoding.startsWith('utf-16') ? utf16Finder(encoding === 'utf-16be') : strictFinder(encoding)
}

/** Lone surrogates, and a last byte without its other half. */
function utf16Finder(bigEndian: boolean): InvalidFinder {
  let half: number | undefined
  let high = false
  return chunk => {
    if (chunk === undefined) return half !== undefined ? -1 : high ? -2 : undefined
    let i = 0
    while (i < chunk.length) {
      let first = half
      // Where the unit begins: a byte before this chunk when its first half came with the last one.
      const begin = first === undefined ? i : -1
      if (first === undefined) first = chunk[i++]!
      half = undefined
      if (i === chunk.length) {
        half = first
        break
      }
      const second = chunk[i++]!
      const kind = (bigEndian ? first : second) & 0xfc
      if (high !== (kind === 0xdc)) return high ? begin - 2 : begin
      high = kind === 0xd8
    }
    return undefined
  }
}

/** For other encodings the byte is named at which a decoder gives up: the last one of a sequence that means nothing. */
function strictFinder(encoding: string): InvalidFinder {
  const strict = new TextDecoder(encoding, { fatal: true })
  // A chunk behind, so that it can be fed the bytes of a wrong one.
  const behind = new TextDecoder(encoding, { fatal: true })
  const accepts = (decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array | undefined): boolean => {
    try {
      decoder.decode(bytes, { stream: bytes !== undefined })
      return true
    } catch {
      return false
    }
  }
  return chunk => {
    if (!accepts(strict, chunk))
      return chunk === undefined ? -1 : chunk.findIndex(byte => !accepts(behind, Uint8Array.of(byte)))
    if (chunk !== undefined) accepts(behind, chunk)
    return undefined
  }
}
