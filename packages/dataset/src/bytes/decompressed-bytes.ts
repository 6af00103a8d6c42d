import type { Transform } from 'node:stream'
import { messageOf } from '@tinystories/utils/errors'
import { builtin } from '@tinystories/utils/node'
import { DatasetError } from '../errors/dataset-error.ts'
import type { ByteReader, ByteSource } from './byte-source.ts'
import { ByteTaker } from './decoders/byte-taker.ts'
import { type Derivation, derivedBytes } from './derived-bytes.ts'

/** Compressions of whole files. */
export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'xz' | 'lz4'

const signatures: Record<Compression, readonly number[]> = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  bzip2: [0x42, 0x5a, 0x68],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  lz4: [0x04, 0x22, 0x4d, 0x18],
}

/** The compression that a file's first bytes show. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const names = Object.keys(signatures) as Compression[]
  return names.find(name => signatures[name].every((byte, i) => head[i] === byte))
}

/** Limits of decompression. */
export interface ExpansionLimit {
  /**
   * Decompressed bytes per stored byte at most, checked from 64 MiB of decompressed bytes on. Default 200; text has 3
   * to 10, and what has more is nearly always made to exhaust the reader.
   */
  maxExpansion?: number
}

const freeBytes = 64 * 1024 * 1024

/**
 * The content of a compressed source; several compressed parts one after the other are read as one. Memory stays at a
 * few hundred KiB for gzip, zstd and LZ4, 6 MiB for bzip2 and the file's dictionary, at most 64 MiB, for xz, however far
 * the content expands.
 *
 * @throws DatasetError `unsupported-compression` for zstd where the runtime has none; while reading,
 * `unsupported-compression` for rare variants of LZ4 and xz, `damaged` and `limit-exceeded`
 */
export async function decompressedBytes(
  stored: ByteSource,
  compression: Compression,
  { maxExpansion = 200 }: ExpansionLimit,
): Promise<ByteSource> {
  const decompress = await decompressor(compression, stored.name)
  return derivedBytes(stored, reader => {
    const { read, close } = decompress(reader)
    let produced = 0
    return {
      async read() {
        const bytes = await read()
        produced += bytes?.length ?? 0
        if (produced > freeBytes && produced > maxExpansion * reader.position()) {
          throw new DatasetError('limit-exceeded', {
            source: stored.name,
            what: 'the content expands to too many bytes per compressed byte',
            option: 'maxExpansion',
            limit: maxExpansion,
          })
        }
        return bytes
      },
      close,
    }
  })
}

type Decompressor = (reader: ByteReader) => Derivation

/** The runtime's own decompressor, or ours where it has none. */
async function decompressor(compression: Compression, source: string): Promise<Decompressor> {
  switch (compression) {
    case 'bzip2':
      return decoded(compression, source, (await import('./decoders/bzip2.ts')).decodeBzip2)
    case 'xz':
      return decoded(compression, source, (await import('./decoders/xz.ts')).decodeXz)
    case 'lz4':
      return decoded(compression, source, (await import('./decoders/lz4.ts')).decodeLz4)
  }
  const zlib = builtin('node:zlib')
  if (compression === 'gzip') return transformed(compression, source, () => zlib.createGunzip())
  if ('createZstdDecompress' in zlib)
    return transformed(compression, source, () => zlib.createZstdDecompress())
  throw new DatasetError('unsupported-compression', {
    source,
    codec: compression,
    runtime: 'Node 22.15 or later',
  })
}

function decoded(
  compression: Compression,
  source: string,
  decode: (input: ByteTaker) => AsyncGenerator<Uint8Array>,
): Decompressor {
  return reader => {
    const chunks = decode(new ByteTaker(reader, source, compression))
    return {
      read: async () => (await chunks.next()).value,
      close: async () => void (await chunks.return(undefined)),
    }
  }
}

function transformed(compression: Compression, source: string, create: () => Transform): Decompressor {
  return reader => {
    const transform = create()
    // Whoever reads gets the error. Until somebody does nobody listens, and Node would end the process.
    transform.on('error', () => {})
    const chunks = transform[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    const fed = feed(transform, reader)
    return {
      async read() {
        const { value, done } = await chunks.next().catch(error => {
          throw decompressionError(source, compression, error)
        })
        return done ? undefined : value
      },
      async close() {
        transform.destroy()
        await fed
      },
    }
  }
}

/** Writes the stored bytes into `transform` as fast as it takes them; a failed read becomes its error. */
async function feed(transform: Transform, stored: ByteReader): Promise<void> {
  try {
    for (;;) {
      const chunk = await stored.read()
      if (transform.destroyed) return
      if (chunk === undefined) break
      if (!transform.write(chunk)) await drained(transform)
    }
    transform.end()
  } catch (error) {
    transform.destroy(error as Error)
  }
}

function drained(transform: Transform): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      transform.off('drain', done)
      transform.off('close', done)
      resolve()
    }
    transform.on('drain', done)
    transform.on('close', done)
  })
}

/** Codes of what zlib itself throws; anything else comes from the source. */
function decompressionError(source: string, format: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_')) return error
  const problem = code === 'Z_BUF_ERROR' ? 'it ends too early' : messageOf(error)
  return new DatasetError('damaged', { source, format, problem }, { cause: error })
}
