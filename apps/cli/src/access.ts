import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ModelAccess, SourceAccess } from '@tinystories/pipeline'
import { UserError } from './errors/user-error.ts'
import { forDisplay, typedFolder } from './paths.ts'
import { printError } from './terminal/output.ts'

/**
 * How sources and models are reached, as the hub's own tools take it from the environment: HF_TOKEN is an access token,
 * HF_ENDPOINT another hub, HF_HUB_OFFLINE=1 forbids the network for models. Downloads go to the user's cache folder.
 */
export function access(): SourceAccess & ModelAccess {
  const { HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, XDG_CACHE_HOME } = process.env
  return {
    runs: join(typedFolder(), 'runs'),
    cacheDir: join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories'),
    offline: HF_HUB_OFFLINE === '1',
    ...(HF_TOKEN?.trim() && { token: HF_TOKEN.trim() }),
    ...(HF_ENDPOINT?.trim() && { endpoint: endpointOf(HF_ENDPOINT.trim()) }),
    onDownload: downloadProgress(),
    onUncertainTokenizer: model =>
      printError(
        `Warning: ${forDisplay(model)} does not say which tokenizer it was trained with; the one that is with it has the right size.`,
      ),
  }
}

/** @throws UserError for what is no address of a hub; one with a password would be shown */
function endpointOf(address: string): string {
  const { protocol = '', username, password } = URL.canParse(address) ? new URL(address) : {}
  if (!/^https?:$/.test(protocol) || username || password)
    throw new UserError('HF_ENDPOINT is no address of a hub. Write it as https://host, without a user.')
  return address
}

/** A line every few seconds while a file is downloaded, on stderr: the standard output is for results. */
function downloadProgress(): (progress: { file: string; bytes: number; bytesTotal?: number }) => void {
  let shown = 0
  return ({ file, bytes, bytesTotal }) => {
    const now = performance.now()
    if (now - shown < 3000 && bytes !== bytesTotal) return
    shown = now
    const of = bytesTotal ? ` of ${(bytesTotal / 1e6).toFixed(0)}` : ''
    printError(`Downloading ${file}: ${(bytes / 1e6).toFixed(0)}${of} MB`)
  }
}
