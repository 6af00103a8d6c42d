/** One walk through the bytes of a source. */
export interface ByteReader {
  /** The next bytes, never empty; undefined at the end. The array is not written to again. */
  read(): Promise<Uint8Array | undefined>
  /** Position in the stored bytes (the packed ones of a gzip file), for progress. */
  position(): number
  close(): Promise<void>
}

/** Bytes that can be read any number of times: a file, a packed file, an answer kept in memory. */
export interface ByteSource {
  /** For messages: a path or an address. */
  readonly name: string
  /** Stored size in bytes. */
  readonly size: number | undefined
  /** False when everything before an offset must be read to get there. */
  readonly seekable: boolean
  /** Starts at an offset of the bytes as they are read (the unpacked ones of a gzip file). */
  open(offset: number, signal: AbortSignal): ByteReader
}
