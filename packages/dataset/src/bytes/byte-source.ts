/** One pass over the bytes of a source. */
export interface ByteReader {
  /** The next bytes, never empty; undefined at the end. The array is not written to again. */
  read(): Promise<Uint8Array | undefined>
  /** Position in the stored bytes (the compressed ones of a gzip file), for progress. */
  position(): number
  close(): Promise<void>
}

/** Bytes that can be read any number of times: a file, a compressed file, a file on a server, a reply in memory. */
export interface ByteSource {
  /** For messages: a path or an address, without anything secret in it. */
  readonly name: string
  /** Stored size in bytes. */
  readonly size: number | undefined
  /** What a server calls this version of the file. Two that differ are two files. */
  readonly version?: string | undefined
  /** False when everything before an offset must be read to get there. */
  readonly seekable: boolean
  /** It can be opened once, and only to be read from its start. */
  readonly singlePass?: boolean
  /** Gaps of up to this many bytes are read rather than skipped by seeking. Default 64 KiB. */
  readonly seekDistance?: number
  /** Starts at an offset of the bytes as they are read (the decompressed ones of a gzip file), and ends before `end`. */
  open(offset: number, signal: AbortSignal, end?: number): ByteReader
}

/** The bytes from `start` up to `end`, fewer where the source ends before. */
export async function readRange(
  source: ByteSource,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = source.open(start, signal, end)
  const bytes = new Uint8Array(end - start)
  let length = 0
  try {
    while (length < bytes.length) {
      const chunk = await reader.read()
      if (chunk === undefined) break
      const part = chunk.subarray(0, bytes.length - length)
      bytes.set(part, length)
      length += part.length
    }
  } finally {
    await reader.close()
  }
  return bytes.subarray(0, length)
}
