import type { ByteSource } from './byte-source.ts'

/** Bytes in memory, given in pieces of `chunkBytes` (default: all at once). */
export function memoryBytes(name: string, bytes: Uint8Array, chunkBytes: number = bytes.length): ByteSource {
  return {
    name,
    size: bytes.length,
    seekable: true,
    open(offset) {
      let at = offset
      return {
        async read() {
          if (at >= bytes.length) return undefined
          const chunk = bytes.subarray(at, at + chunkBytes)
          at += chunk.length
          return chunk
        },
        position: () => at,
        close: async () => {},
      }
    },
  }
}
