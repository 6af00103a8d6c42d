import type { ByteSource } from './byte-source.ts'

/** Bytes in memory, given in pieces of `chunkBytes` (default: all in one). */
export function memoryBytes(name: string, bytes: Uint8Array, chunkBytes: number = bytes.length): ByteSource {
  return {
    name,
    size: bytes.length,
    seekable: true,
    open(offset, _signal, end = bytes.length) {
      let at = offset
      return {
        async read() {
          if (at >= Math.min(end, bytes.length)) return undefined
          const chunk = bytes.subarray(at, Math.min(at + chunkBytes, end))
          at += chunk.length
          return chunk
        },
        position: () => at,
        close: async () => {},
      }
    },
  }
}
