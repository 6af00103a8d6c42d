import { TokenizerError } from './errors.ts'
import type { VocabOptions } from './tokenizer-defaults.ts'

/** Options of `WordPieceTokenizer.fromPretrained`; those of a vocabulary apply when the model has only a `vocab.txt`. */
export interface PretrainedOptions extends VocabOptions {
  /** Branch, tag or commit. Default `main`. */
  revision?: string
  /** Default: `tokenizer.json`, or `vocab.txt` where the model has none. */
  file?: 'tokenizer.json' | 'vocab.txt'
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Folder where files are kept (Node only). What is there is used without asking the hub. Default: nothing is kept. */
  cacheDir?: string
  /** Fetch again what the cache has, as for a branch that has moved. Default false. */
  refresh?: boolean
  /** Only the cache, no network. Default false. */
  offline?: boolean
  /** SHA-256 of the file in hexadecimal; any other content is refused. */
  sha256?: string
  /** Access token of the hub, for gated and private models. */
  token?: string
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** Further tries after no answer, 429 or 5xx. Default 3. */
  retries?: number
  /** Milliseconds before the first further try; doubled each time. Default 500. */
  retryDelay?: number
  /** Stops the request. */
  signal?: AbortSignal
}

/** A file of a pretrained model. */
export interface PretrainedFile {
  file: 'tokenizer.json' | 'vocab.txt'
  text: string
}

/**
 * Gets the tokenizer file of a model from the cache or the hub.
 *
 * @param name such as `bert-base-uncased` or `owner/name`.
 * @throws {TokenizerError} when there is no such file, the hub cannot be reached, or the checksum is wrong.
 */
export async function loadPretrained(name: string, options: PretrainedOptions): Promise<PretrainedFile> {
  const { revision = 'main', file, cacheDir, offline = false, refresh = false, sha256 } = options
  const part = /^[\w-][\w.-]*$/
  if (!name.split('/').every(each => part.test(each)) || name.split('/').length > 2) {
    throw new TokenizerError(
      `fromPretrained: ${JSON.stringify(name)} is no name of a model; write owner/name`,
    )
  }
  if (!revision.split('/').every(each => part.test(each))) {
    throw new TokenizerError(
      `fromPretrained: ${JSON.stringify(revision)} is no revision; name a branch, tag or commit`,
    )
  }
  if (offline && cacheDir === undefined) {
    throw new TokenizerError('fromPretrained: offline needs the cacheDir that the files were kept in')
  }
  const cached =
    cacheDir && [cacheDir, 'models', name.replace('/', '--'), revision.replaceAll('/', '--')].join('/')
  const candidates = file === undefined ? (['tokenizer.json', 'vocab.txt'] as const) : [file]
  for (const candidate of cached && !refresh ? candidates : []) {
    const { readCached } = await import('./node-files.ts')
    const text = await readCached(`${cached}/${candidate}`)
    if (text === undefined) continue
    if (sha256 === undefined || (await digest(text)) === sha256.toLowerCase())
      return { file: candidate, text }
    if (offline)
      throw new TokenizerError(`${cached}/${candidate}: the checksum is not ${sha256}; fetch it again`)
  }
  if (offline) {
    throw new TokenizerError(`${name}: not in the cache ${cacheDir}; fetch it once without offline`)
  }
  for (const candidate of candidates) {
    const text = await download(name, revision, candidate, options)
    if (text === undefined) continue
    const found = sha256 && (await digest(text))
    if (sha256 && found !== sha256.toLowerCase()) {
      throw new TokenizerError(
        `${name}/${candidate}: the checksum is ${found}, not ${sha256}; name the revision that it belongs to`,
      )
    }
    if (cached !== undefined && cached !== '') {
      const { writeCached } = await import('./node-files.ts')
      await writeCached(cached, candidate, text)
    }
    return { file: candidate, text }
  }
  throw new TokenizerError(
    `${name}: the hub has no ${candidates.join(' or ')} at revision ${revision}; check the spelling`,
  )
}

async function digest(text: string): Promise<string> {
  const hash = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The file's text, or undefined where there is no such file. */
async function download(
  name: string,
  revision: string,
  file: string,
  options: PretrainedOptions,
): Promise<string | undefined> {
  const { endpoint = 'https://huggingface.co', token, signal, retries = 3, retryDelay = 500 } = options
  const url = `${endpoint.replace(/\/$/, '')}/${name}/resolve/${encodeURIComponent(revision)}/${file}`
  const request: RequestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }
  if (signal !== undefined) request.signal = signal
  for (let again = 0; ; again++) {
    let failure: string
    let cause: unknown
    try {
      const response = await (options.fetch ?? fetch)(url, request)
      if (response.ok) return await response.text()
      await response.body?.cancel()
      if (response.status === 404) return undefined
      if (response.status === 401 || response.status === 403) {
        throw new TokenizerError(
          `${name}: the hub answered ${response.status}; check the name, and for a gated or private model give a token`,
        )
      }
      failure = `the hub answered ${response.status}`
      if (response.status !== 429 && response.status < 500) again = retries
    } catch (error) {
      signal?.throwIfAborted()
      if (TokenizerError.isInstance(error)) throw error
      failure = 'the hub cannot be reached'
      cause = error
    }
    if (again >= retries) {
      throw new TokenizerError(
        `${name}: ${failure}; check the network and the option endpoint, or use a file with fromFile`,
        { cause },
      )
    }
    await new Promise(resolve => setTimeout(resolve, retryDelay * 2 ** again))
  }
}
