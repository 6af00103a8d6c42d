import { StorySourceError } from '../errors/dataset-error.ts'
import { type Answer, type RequestOptions, request } from '../http/request.ts'
import { PassingFailure, withRetries } from '../http/retries.ts'
import type { ByteReader, ByteSource } from './byte-source.ts'
import { memoryBytes } from './memory-bytes.ts'

/** Options of `http://` and `https://` addresses. */
export interface HttpOptions extends RequestOptions {
  /** Sent with every request to the address, such as `authorization`. */
  headers?: Readonly<Record<string, string>>
}

/** What is asked for first: enough to tell the format, so that this needs no second request. */
const headBytes = 64 * 1024

/** What the first answer tells of a file. */
interface Remote {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly size: number | undefined
  readonly version: string | undefined
  /** The server gives parts of the file. */
  readonly ranges: boolean
}

/**
 * The bytes of a file on a web server. A connection that breaks, stalls or is refused for a while is taken up again
 * behind the last byte that came; a file that changed in between (another ETag, Last-Modified or length) is an error.
 *
 * @throws StorySourceError when there is no such file, the server refuses it, it is empty, or the tries are used up
 */
export async function httpBytes(
  address: string,
  options: HttpOptions,
  signal: AbortSignal,
): Promise<ByteSource> {
  const { name, url, headers } = takeApart(address, options.headers ?? {})
  const first = await explained(name, 0, () =>
    withRetries(options, signal, async () => {
      const file = { name, url, headers }
      let answer = await ask(file, options, signal, { range: `bytes=0-${headBytes - 1}` })
      if (answer.status === 206 && contentRange(answer) === undefined) {
        // A page in a browser may not see what part it got, where the server does not expose the header.
        await answer.close()
        answer = await ask(file, options, signal, {})
      }
      try {
        return await readFirst(file, answer)
      } finally {
        await answer.close()
      }
    }),
  )
  const { remote, head } = first
  const whole = remote.size ?? Number.POSITIVE_INFINITY
  if (head.length === 0) {
    throw new StorySourceError({
      source: name,
      problem: 'the file is empty',
      remedy: 'Give a file with stories in it',
    })
  }
  return {
    name,
    size: remote.size,
    version: remote.version,
    seekable: remote.ranges,
    // Another request costs as much time as many bytes of this one.
    seekDistance: 1024 * 1024,
    open(offset, openSignal, end = whole) {
      const known = Math.min(end, whole) <= head.length
      return known
        ? memoryBytes(name, head).open(offset, openSignal, end)
        : openRemote(remote, options, openSignal, offset, Math.min(end, whole))
    },
  }
}

/** The address without what is secret in it: a user's name and password, and a query, which may hold a signature. */
function takeApart(
  address: string,
  headers: Readonly<Record<string, string>>,
): Pick<Remote, 'name' | 'url' | 'headers'> {
  const parsed = URL.canParse(address) ? new URL(address) : undefined
  if (parsed === undefined) {
    throw new StorySourceError({
      source: address.replace(/\/\/[^/]*@/, '//').replace(/\?.*/, ''),
      problem: 'this is not a web address',
      remedy: 'Write it as https://host/folder/file.txt',
    })
  }
  const { username, password } = parsed
  parsed.username = ''
  parsed.password = ''
  parsed.hash = ''
  const authorization = username === '' ? undefined : basic(username, password)
  return {
    name: decodeName(`${parsed.origin}${parsed.pathname}`),
    url: parsed.href,
    headers: authorization === undefined ? headers : { authorization, ...headers },
  }
}

const basic = (user: string, password: string): string =>
  `Basic ${btoa(`${decodeURIComponent(user)}:${decodeURIComponent(password)}`)}`

function decodeName(name: string): string {
  try {
    return decodeURI(name)
  } catch {
    return name
  }
}

/** Size, version and head of the file, from the answer to a request for its head. */
async function readFirst(
  wanted: Pick<Remote, 'name' | 'url' | 'headers'>,
  answer: Answer,
): Promise<{ remote: Remote; head: Uint8Array }> {
  const range = contentRange(answer)
  const packed = isPacked(answer)
  if (answer.status === 416) {
    // Nothing at all lies there, or the server cannot count.
    if (range?.size === 0)
      return { remote: { ...wanted, size: 0, version: undefined, ranges: false }, head: new Uint8Array(0) }
    throw new PassingFailure('the server says that the file has no beginning (416)')
  }
  const ranges = answer.status === 206 && range?.size !== undefined && !packed
  if (answer.status === 206 && range?.from !== 0)
    throw new PassingFailure('the server answered with another range than it was asked for')
  const length = answer.headers.get('content-length')
  const size = ranges
    ? range.size
    : answer.status === 200 && length !== null && !packed
      ? Number(length)
      : undefined
  const announced = answer.status === 206 ? (range?.to ?? headBytes) + 1 : headBytes
  const head = new Uint8Array(Math.min(headBytes, announced, size ?? headBytes))
  let filled = 0
  while (filled < head.length) {
    const chunk = await answer.read()
    if (chunk === undefined) break
    const part = chunk.subarray(0, head.length - filled)
    head.set(part, filled)
    filled += part.length
  }
  if (size !== undefined && filled < head.length) {
    throw new PassingFailure(`the connection ended after ${filled} of ${head.length} bytes`)
  }
  return {
    remote: { ...wanted, size, version: versionOf(answer), ranges },
    head: head.subarray(0, filled),
  }
}

function openRemote(
  remote: Remote,
  options: HttpOptions,
  signal: AbortSignal,
  offset: number,
  end: number,
): ByteReader {
  let at = offset
  let closed = false
  let answer: Answer | undefined
  /** Where the bytes of this answer end. */
  let until = end
  const drop = async (): Promise<void> => {
    const opened = answer
    answer = undefined
    await opened?.close()
  }
  const connect = async (): Promise<void> => {
    const asked = remote.ranges ? rangeHeaders(remote, at, end) : {}
    answer = await ask(remote, options, signal, asked)
    until = check(remote, answer, at, end)
    // A server that sends the whole file again: what came already is passed over.
    for (let pass = answer.status === 206 ? 0 : at; pass > 0; ) {
      const chunk = await answer.read()
      if (chunk === undefined) throw new PassingFailure(`the connection ended before byte ${at}`)
      if (chunk.length > pass) rest = chunk.subarray(pass)
      pass -= Math.min(pass, chunk.length)
    }
  }
  let rest: Uint8Array | undefined
  const attempt = async (): Promise<Uint8Array | undefined> => {
    try {
      if (answer === undefined) {
        rest = undefined
        await connect()
      }
      const chunk = rest ?? (await answer!.read())
      rest = undefined
      if (chunk !== undefined) return chunk
      if (end === Number.POSITIVE_INFINITY) return undefined
      throw new PassingFailure(`the connection ended after ${at} of ${remote.size} bytes`)
    } catch (error) {
      await drop()
      throw error
    }
  }
  return {
    async read() {
      signal.throwIfAborted()
      if (closed || at >= end) {
        await drop()
        return undefined
      }
      // Each piece that comes gives all tries anew; a server that answered before is given time to come back.
      const chunk = await explained(remote.name, at, () => withRetries(options, signal, attempt, true))
      if (chunk === undefined) {
        closed = true
        await drop()
        return undefined
      }
      const part = chunk.subarray(0, until - at)
      at += part.length
      if (at >= until) await drop()
      return part
    },
    position: () => at,
    async close() {
      closed = true
      await drop()
    },
  }
}

function rangeHeaders({ version }: Remote, at: number, end: number): Record<string, string> {
  const range = `bytes=${at}-${end === Number.POSITIVE_INFINITY ? '' : end - 1}`
  // A weak tag says nothing of single bytes, so servers refuse it here.
  return version === undefined || version.startsWith('W/') ? { range } : { range, 'if-range': version }
}

/** Where the bytes of this answer, which should begin at `at`, end. */
function check(remote: Remote, answer: Answer, at: number, end: number): number {
  const range = contentRange(answer)
  const length = answer.headers.get('content-length')
  const version = versionOf(answer)
  const total =
    answer.status === 200 ? (length === null || isPacked(answer) ? undefined : Number(length)) : range?.size
  const other = version !== undefined && remote.version !== undefined && version !== remote.version
  const resized = total !== undefined && remote.size !== undefined && total !== remote.size
  if (resized && !other && version !== undefined) {
    throw new PassingFailure(`the server says ${total} bytes now and said ${remote.size} before`)
  }
  if (other || resized || answer.status === 416) {
    throw new StorySourceError({
      source: remote.name,
      place: `byte ${at}`,
      problem: 'the file was changed on the server while it was read',
      remedy: 'Start anew with the new file, or read a copy that does not change',
    })
  }
  if (answer.status !== 206) return end
  if (range?.from !== at || !(range.to >= at && range.to < (remote.size ?? Number.POSITIVE_INFINITY)))
    throw new PassingFailure('the server answered with another range than it was asked for')
  if (length !== null && Number(length) !== range.to + 1 - at)
    throw new PassingFailure(`the server announces ${length} bytes for a range of ${range.to + 1 - at}`)
  return Math.min(end, range.to + 1)
}

function ask(
  { name, url, headers }: Pick<Remote, 'name' | 'url' | 'headers'>,
  options: HttpOptions,
  signal: AbortSignal,
  asked: Record<string, string>,
): Promise<Answer> {
  // The file is wanted as it is, so that bytes can be counted. With a range, fetch says so by itself.
  const plain: Record<string, string> = 'range' in asked ? {} : { 'accept-encoding': 'identity' }
  const all = { ...plain, ...headers, ...asked }
  return request(url, options, signal, all, ({ status }) => refusal(name, status))
}

function refusal(source: string, status: number): StorySourceError {
  const [problem, remedy] =
    status === 404 || status === 410
      ? ['there is no such file', 'Check the address']
      : status === 401 || status === 403
        ? [
            'the server does not let you read it',
            'Give what it asks for with the option headers, such as { authorization: … }',
          ]
        : ['the server refuses the request', 'Check the address, or download the file and give its path']
  return new StorySourceError({ source, problem: `${problem} (${status})`, remedy })
}

/** Runs something, and says where the reading stood when the tries were used up. */
async function explained<T>(source: string, at: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof PassingFailure)) throw error
    throw new StorySourceError({
      source,
      place: `byte ${at}`,
      problem: `the server does not give it (${error.message})`,
      remedy: 'Check the network and the address, then resume from the state or try again',
      cause: error,
    })
  }
}

const isPacked = ({ headers }: Answer): boolean =>
  (headers.get('content-encoding') ?? 'identity') !== 'identity'

const versionOf = ({ headers }: Answer): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined

function contentRange({
  headers,
}: Answer): { from: number; to: number; size: number | undefined } | undefined {
  const found = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '')
  if (found === null) return undefined
  return {
    from: Number(found[1] ?? Number.NaN),
    to: Number(found[2] ?? Number.NaN),
    size: found[3] === '*' ? undefined : Number(found[3]),
  }
}
