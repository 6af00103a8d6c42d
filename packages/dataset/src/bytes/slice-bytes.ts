import type { ByteSource } from './byte-source.ts'

/** The bytes `start` .. `end` - 1 of a source, as a source of its own. */
export function sliceBytes(whole: ByteSource, name: string, start: number, end: number): ByteSource {
  return {
    name,
    size: end - start,
    version: whole.version,
    seekable: whole.seekable,
    ...(whole.seekDistance === undefined ? {} : { seekDistance: whole.seekDistance }),
    open(offset, signal, sliceEnd = end - start) {
      const reader = whole.open(start + offset, signal, Math.min(end, start + sliceEnd))
      return {
        read: () => reader.read(),
        position: () => reader.position() - start,
        close: () => reader.close(),
      }
    },
  }
}
