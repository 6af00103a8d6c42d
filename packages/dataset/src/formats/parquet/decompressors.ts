import { builtin } from '@tinystories/utils/node'
import type { Compressors } from 'hyparquet'

/**
 * Decompresses pages: snappy by WebAssembly, at twice the speed of hyparquet's own; gzip, brotli and (from Node 22.15 on)
 * zstd as Node has them built in; the rest in JavaScript. None gives more bytes than the page's header announces.
 */
export async function createDecompressors(): Promise<Compressors> {
  const { snappyUncompressor } = await import('hysnappy')
  const { compressors } = await import('hyparquet-compressors')
  const portable = { ...compressors, SNAPPY: snappyUncompressor() }
  if (typeof process === 'undefined' || process.versions?.node === undefined) return portable
  const zlib = builtin('node:zlib')
  const limit = (length: number): { maxOutputLength: number } => ({ maxOutputLength: Math.max(1, length) })
  return {
    ...portable,
    GZIP: (page, length) => zlib.gunzipSync(page, limit(length)),
    BROTLI: (page, length) => zlib.brotliDecompressSync(page, limit(length)),
    ...('zstdDecompressSync' in zlib
      ? { ZSTD: (page, length) => zlib.zstdDecompressSync(page, limit(length)) }
      : {}),
  }
}
