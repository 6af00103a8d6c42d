import { PageError } from '../errors/page-error.ts'

/** A file that ships with the page. */
export interface ShippedFile {
  url: string
  /** A host that compresses what it sends does not say this. */
  bytes: number
}

/**
 * Downloads a file that ships with the page.
 *
 * @param onBytes is given how many bytes have come with each piece
 * @throws PageError `not-loaded`
 */
export async function download(url: string, onBytes?: (bytes: number) => void): Promise<Blob> {
  const failed = (error: Error): never => {
    throw new PageError('not-loaded', { url, status: undefined, reason: error.message }, { cause: error })
  }
  const answer = await fetch(url).catch(failed)
  if (!answer.ok) throw new PageError('not-loaded', { url, status: answer.status, reason: answer.statusText })
  const counted = answer.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        onBytes?.(piece.length)
        controller.enqueue(piece)
      },
    }),
  )
  // A connection may end in the middle, too.
  return new Response(counted).blob().catch(failed)
}

/** Downloads files at the same time, and says how much of all of them has come. */
export async function downloadAll(
  files: readonly ShippedFile[],
  onProgress?: (progress: { bytes: number; total: number }) => void,
): Promise<Blob[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let bytes = 0
  return Promise.all(
    files.map(({ url }) =>
      download(url, more => {
        bytes += more
        onProgress?.({ bytes, total })
      }),
    ),
  )
}
