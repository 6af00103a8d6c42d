import { ModelFileError } from '../errors.ts'

/** How the hub is asked. */
export interface HubRequestOptions {
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Access token of the hub, for gated and private models. It is sent to the hub only, and never kept. */
  token?: string
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** Further tries after no answer, a torn one, 429 or 5xx. Default 3. */
  retries?: number
  /** Milliseconds before the first further try; doubled each time. Default 500. */
  retryDelay?: number
  /** Stops the requests. */
  signal?: AbortSignal
}

/** What is known of a file besides its bytes. */
export interface HubFile {
  response: Response
  /** Bytes of the file, where the hub says so. */
  size: number | undefined
  /** Checksum that the hub tells: of large files a SHA-256, of small ones git's SHA-1. */
  digest: { algorithm: 'sha256' | 'git-sha1'; hex: string } | undefined
  /** The commit that the revision stands for. */
  commit: string | undefined
}

/** What another try may mend. */
export class PassingFailure extends Error {}

const MOST_REDIRECTS = 8

/**
 * Asks for a file of a model.
 *
 * @returns undefined where there is no such file
 * @throws ModelFileError when the hub refuses; {@link PassingFailure} when another try may help
 */
export async function requestFile(
  repository: string,
  revision: string,
  file: string,
  options: HubRequestOptions,
): Promise<HubFile | undefined> {
  const { endpoint = 'https://huggingface.co', token, signal } = options
  const start = `${endpoint.replace(/\/$/, '')}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`
  const { origin } = new URL(start)
  let url = start
  let [size, digest, commit]: [HubFile['size'], HubFile['digest'], HubFile['commit']] = [
    undefined,
    undefined,
    undefined,
  ]
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const own = new URL(url).origin === origin
    let response: Response
    try {
      // By hand: the hub tells the checksum in the answer that points elsewhere, and elsewhere gets no token.
      response = await (options.fetch ?? fetch)(url, {
        redirect: 'manual',
        ...(own && token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
        ...(signal && { signal }),
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new PassingFailure('the hub cannot be reached', { cause: error })
    }
    const { headers, status } = response
    if (own) {
      digest ??= digestOf(headers.get('x-linked-etag') ?? headers.get('etag'))
      commit ??= headers.get('x-repo-commit') ?? undefined
      size ??= numberOf(headers.get('x-linked-size'))
    }
    if (response.ok) {
      if (!headers.has('content-encoding')) size ??= numberOf(headers.get('content-length'))
      return { response, size, digest, commit }
    }
    await response.body?.cancel()
    const location = status >= 300 && status < 400 ? headers.get('location') : null
    if (location !== null) {
      url = new URL(location, url).href
      continue
    }
    if (status === 404 && headers.get('x-error-code') !== 'RepoNotFound') return undefined
    throw refusal(repository, revision, status, headers, token !== undefined)
  }
  throw new PassingFailure('the hub sends from one address to the next without end')
}

function refusal(
  repository: string,
  revision: string,
  status: number,
  headers: Headers,
  hasToken: boolean,
): Error {
  if (status === 429 || status >= 500) return new PassingFailure(`the hub answered ${status}`)
  const code = headers.get('x-error-code')
  if (code === 'GatedRepo') {
    return new ModelFileError(
      `${repository}: this model is gated. Accept its conditions on the hub and give an access token${hasToken ? ' of that account' : ''}.`,
    )
  }
  if (status === 401 || status === 403 || code === 'RepoNotFound') {
    // The hub says 401 both for what is private and for what does not exist.
    return new ModelFileError(
      `${repository}: the hub answered ${status}: there is no such model, or it is private. Check the name, or give ` +
        `${hasToken ? 'another' : 'an'} access token.`,
    )
  }
  return new ModelFileError(`${repository} at ${revision}: the hub answered ${status}.`)
}

function digestOf(etag: string | null): HubFile['digest'] {
  const hex = /^(?:W\/)?"?([0-9a-f]{40}|[0-9a-f]{64})"?$/.exec(etag ?? '')?.[1]
  return hex === undefined ? undefined : { algorithm: hex.length === 64 ? 'sha256' : 'git-sha1', hex }
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}
