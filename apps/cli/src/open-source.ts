import { homedir } from 'node:os'
import { join } from 'node:path'
import { type OpenStoriesOptions, openStories, type StoryStream } from '@tinystories/dataset'
import { fromTyped, isNamedSource } from './paths.ts'
import { UserError } from './user-error.ts'

/**
 * What a run remembers of a source: a path made absolute, or the name as it is.
 *
 * @throws UserError for an address with a password in it: it would end up in the run's settings
 */
export function resolveSource(source: string): string {
  if (/^https?:\/\/[^/?#]*@/i.test(source)) {
    throw new UserError(
      'The address of the stories holds a user name or password, which the settings of a run would keep. Download the file (curl reads such secrets from ~/.netrc) and give its path.',
    )
  }
  return isNamedSource(source) ? source : fromTyped(source)
}

/**
 * Opens stories by path, web address or name. Downloads go to the user's cache folder; a token for gated repositories is taken
 * from HF_TOKEN, another address of the hub from HF_ENDPOINT.
 */
export function openSource(
  source: string,
  options: Pick<OpenStoriesOptions, 'separator' | 'textField'> = {},
): StoryStream {
  const { HF_TOKEN: token, HF_ENDPOINT: endpoint, XDG_CACHE_HOME } = process.env
  return openStories(source, {
    ...options,
    cacheDir: join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories'),
    ...(token ? { token } : {}),
    ...(endpoint ? { endpoint } : {}),
    onDownload: downloadProgress(),
  })
}

/** A line every few seconds while a file comes; the standard output is for what a command tells. */
function downloadProgress(): (progress: { file: string; bytes: number; bytesTotal?: number }) => void {
  let shown = 0
  return ({ file, bytes, bytesTotal }) => {
    const now = performance.now()
    if (now - shown < 3000 && bytes !== bytesTotal) return
    shown = now
    const of = bytesTotal ? ` of ${(bytesTotal / 1e6).toFixed(0)}` : ''
    console.error(`Downloading ${file}: ${(bytes / 1e6).toFixed(0)}${of} MB`)
  }
}
