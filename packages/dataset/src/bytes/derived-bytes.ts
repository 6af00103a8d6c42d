import type { ByteReader, ByteSource } from './byte-source.ts'

/** Bytes that come of another source by one pass over it. */
export interface Derivation {
  /** The next bytes, never empty; undefined at the end. */
  read(): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/**
 * A source whose bytes are made of another's from its start on, by decompressing or decoding: an offset is reached by
 * reading everything before it.
 */
export function derivedBytes(
  stored: ByteSource,
  derive: (reader: ByteReader, signal: AbortSignal) => Derivation,
): ByteSource {
  return {
    name: stored.name,
    size: stored.size,
    version: stored.version,
    seekable: false,
    open(offset, signal, end = Number.POSITIVE_INFINITY) {
      const reader = stored.open(0, signal)
      const derived = derive(reader, signal)
      let toSkip = offset
      let left = end - offset
      return {
        async read() {
          for (;;) {
            signal.throwIfAborted()
            if (left <= 0) return undefined
            const bytes = await derived.read()
            if (bytes === undefined) return undefined
            const chunk = bytes.subarray(
              Math.min(toSkip, bytes.length),
              Math.min(bytes.length, toSkip + left),
            )
            toSkip = Math.max(0, toSkip - bytes.length)
            if (chunk.length === 0) continue
            left -= chunk.length
            return chunk
          }
        },
        position: () => reader.position(),
        async close() {
          await derived.close()
          await reader.close()
        },
      }
    },
  }
}
