import { builtin } from '@tinystories/utils/node'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { Place } from '../../errors/place.ts'

/** No buffer of a batch is larger than this, whatever it announces. */
const MOST_BYTES = 1024 ** 3

/** A byte of LZ4 stands for no more. */
const MOST_LZ4_EXPANSION = 255

let registered: Promise<void> | undefined

/**
 * Teaches flechette to decompress. Its codecs are the module's, not a table's.
 *
 * @throws nothing: a buffer that cannot be decompressed is an error where it is read
 */
export function useDecompressors(source: string, place: Place): Promise<void> {
  registered ??= register(source, place)
  return registered
}

async function register(source: string, place: Place): Promise<void> {
  const { CompressionType, setCompressionCodec } = await import('@uwdata/flechette')
  const { decodeLz4Frame } = await import('../../bytes/decoders/lz4.ts')
  const unused = (): never => {
    throw new Error('nothing is compressed here')
  }
  const checked = (length: number, most = MOST_BYTES): number => {
    if (length >= 0 && length <= Math.min(most, MOST_BYTES)) return length
    throw new Error(`a buffer of ${length} bytes`)
  }
  // flechette passes the length as well, which its types leave out.
  const decoder = (decode: (bytes: Uint8Array, length: number) => Uint8Array) => ({
    encode: unused,
    decode: decode as (bytes: Uint8Array) => Uint8Array,
  })
  setCompressionCodec(
    CompressionType.LZ4_FRAME,
    decoder((bytes, length) => decodeLz4Frame(bytes, checked(length, MOST_LZ4_EXPANSION * bytes.length))),
  )
  setCompressionCodec(
    CompressionType.ZSTD,
    decoder((bytes, length) => {
      const zlib = builtin('node:zlib')
      if (!('zstdDecompressSync' in zlib)) {
        throw new DatasetError('unsupported-compression', {
          source,
          place,
          codec: 'zstd',
          runtime: 'Node 22.15 or later',
        })
      }
      return zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, checked(length)) })
    }),
  )
}
