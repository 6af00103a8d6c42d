import { PageError } from '../errors/page-error.ts'

/**
 * A file that ships with the page.
 *
 * @throws PageError `not-loaded`
 */
export async function download(url: string): Promise<Blob> {
  const failed = (error: Error): never => {
    throw new PageError('not-loaded', { url, status: undefined, reason: error.message }, { cause: error })
  }
  const answer = await fetch(url).catch(failed)
  if (!answer.ok) throw new PageError('not-loaded', { url, status: answer.status, reason: answer.statusText })
  // A connection may end in the middle, too.
  return answer.blob().catch(failed)
}
