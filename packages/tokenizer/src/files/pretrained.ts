import { TokenizerError } from '../errors/errors.ts'

/** Options of `fromPretrained`. */
export interface PretrainedOptions {
  /** Branch, tag or commit. Default `main`. */
  revision?: string
  /** Which file to open. Default: `tokenizer.json`, or the older vocabulary files where the model has none. */
  file?: 'tokenizer.json' | 'vocab.txt' | 'vocab.json'
  /** Default: the global one. */
  fetch?: typeof fetch
  /** Folder where files are kept (Node only). What is there is used without asking the hub. Default: nothing is kept. */
  cacheDir?: string
  /** Fetch again what the cache has, as for a branch that has moved. Default false. */
  refresh?: boolean
  /** Only the cache, no network. Default false. */
  offline?: boolean
  /** SHA-256 of the file in hexadecimal (of the first, where two belong together); other content is refused. */
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

/** Files of a pretrained model by name. */
export type PretrainedFiles = ReadonlyMap<string, string>

/**
 * Gets the tokenizer files of a model from the cache or the hub.
 *
 * @param name such as `bert-base-uncased` or `owner/name`.
 * @param choices files that belong together; the first choice that is there is taken.
 * @throws {TokenizerError} when there are none, the hub cannot be reached, or the checksum is wrong.
 */
export async function loadPretrained(
  name: string,
  choices: readonly (readonly string[])[],
  options: PretrainedOptions,
): Promise<PretrainedFiles> {
  const { revision = 'main', file, cacheDir, offline = false, refresh = false } = options
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
  const wanted = choices.filter(([first]) => file === undefined || first === file)
  const names = wanted.map(each => each.join(' and ')).join(', nor ')
  if (wanted.length === 0) throw new TokenizerError(`fromPretrained: ${file} is no file of such a tokenizer`)
  if (offline && cacheDir === undefined) {
    throw new TokenizerError('fromPretrained: offline needs the cacheDir that the files were kept in')
  }
  const folder =
    cacheDir && [cacheDir, 'models', name.replace('/', '--'), revision.replaceAll('/', '--')].join('/')
  const files = await import('./node-files.ts').catch(() => undefined)
  if (folder && files && !refresh) {
    for (const choice of wanted) {
      const found = await gather(choice, each => files.readCached(`${folder}/${each}`))
      if (found === undefined) continue
      if (await isRight(found, options)) return found
      if (offline)
        throw new TokenizerError(`${folder}: the checksum is not ${options.sha256}; fetch the file again`)
    }
  }
  if (offline)
    throw new TokenizerError(`${name}: not in the cache ${cacheDir}; fetch it once without offline`)
  for (const choice of wanted) {
    const found = await gather(choice, each => download(name, revision, each, options))
    if (found === undefined) continue
    if (!(await isRight(found, options))) {
      throw new TokenizerError(
        `${name}/${choice[0]}: the checksum is not ${options.sha256} but ${await digest(found.get(choice[0]!)!)}; ` +
          'name the revision that it belongs to',
      )
    }
    if (folder) for (const [each, text] of found) await files?.writeCached(folder, each, text)
    return found
  }
  throw new TokenizerError(`${name}: the hub has no ${names} at revision ${revision}; check the spelling`)
}

/** The texts of files that belong together, or undefined when one is missing. */
async function gather(
  choice: readonly string[],
  get: (file: string) => Promise<string | undefined>,
): Promise<PretrainedFiles | undefined> {
  const found = new Map<string, string>()
  for (const file of choice) {
    const text = await get(file)
    if (text === undefined) return undefined
    found.set(file, text)
  }
  return found
}

async function isRight(files: PretrainedFiles, { sha256 }: PretrainedOptions): Promise<boolean> {
  const [first] = files.values()
  return sha256 === undefined || (await digest(first!)) === sha256.toLowerCase()
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
