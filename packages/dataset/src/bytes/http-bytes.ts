import { type HttpReply, type HttpOptions as RequestOptions, request } from '@tinystories/utils/http'
import { type RetryOptions, retry, TransientError } from '@tinystories/utils/retry'
import { DatasetError } from '../errors/dataset-error.ts'
import type { ByteReader, ByteSource } from './byte-source.ts'
import { memoryBytes } from './memory-bytes.ts'

/** Options of `http://` and `https://` addresses. */
export interface HttpOptions extends RequestOptions, Pick<RetryOptions, 'retries' | 'retryDelay' | 'sleep'> {
  /** Sent with every request to the origin of the address, such as `authorization`, and never shown. */
  headers?: Readonly<Record<string, string>>
}

/** What is asked for first: enough to detect the format, so that this needs no second request. */
const headBytes = 64 * 1024

/** What the first reply says about a file. */
interface Remote {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly size: number | undefined
  readonly version: string | undefined
  /** The server gives parts of the file. */
  readonly ranges: boolean
}

type Address = Pick<Remote, 'name' | 'url' | 'headers'>

/**
 * The bytes of a file on a web server. A connection that breaks, stalls or is refused for a while is taken up again after
 * the last byte that came; a file that changed in between (another ETag, Last-Modified or length) is an error.
 *
 * @throws DatasetError when there is no such file, the server refuses it or sends a web page instead, it is empty, or all
 * attempts failed; HttpError when the server redirects without end
 */
export async function httpBytes(
  address: string,
  options: HttpOptions,
  signal: AbortSignal,
): Promise<ByteSource> {
  const parsed = parseAddress(address, options.headers ?? {})
  const { name } = parsed
  const { remote, head } = await explained(name, 0, () =>
    retry(
      async () => {
        let reply = await ask(parsed, options, signal, { range: `bytes=0-${headBytes - 1}` })
        if (reply.status === 206 && contentRange(reply) === undefined) {
          // A page in a browser may not see which part it got, where the server does not expose the header.
          await reply.close()
          reply = await ask(parsed, options, signal, {})
        }
        try {
          return await readFirst(parsed, reply)
        } finally {
          await reply.close()
        }
      },
      { ...options, signal, retryOffline: false },
    ),
  )
  if (head.length === 0) throw new DatasetError('no-stories', { source: name, empty: true })
  if (isWebPage(head)) throw new DatasetError('web-page', { source: name })
  const size = remote.size ?? Number.POSITIVE_INFINITY
  return {
    name,
    size: remote.size,
    version: remote.version,
    seekable: remote.ranges,
    // Another request costs as much time as many bytes of this one.
    seekDistance: 1024 * 1024,
    open(offset, openSignal, end = size) {
      const isKnown = Math.min(end, size) <= head.length
      return isKnown
        ? memoryBytes(name, head).open(offset, openSignal, Math.min(end, head.length))
        : openRemote(remote, options, openSignal, offset, Math.min(end, size))
    },
  }
}

/** The address without what is secret in it: a user's name and password, and a query, which may hold a signature. */
function parseAddress(address: string, headers: Readonly<Record<string, string>>): Address {
  const parsed = URL.canParse(address) ? new URL(address) : undefined
  if (parsed === undefined) {
    const source = address.replace(/\/\/[^/]*@/, '//').replace(/\?.*/, '')
    throw new DatasetError('invalid-address', { source })
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

/** What a login form or an error page begins with; no story does. */
function isWebPage(head: Uint8Array): boolean {
  return /^\s*<(?:!doctype\s+html|html)\b/i.test(new TextDecoder().decode(head.subarray(0, 256)))
}

/** Size, version and head of the file, from the reply to a request for its head. */
async function readFirst(address: Address, reply: HttpReply): Promise<{ remote: Remote; head: Uint8Array }> {
  const range = contentRange(reply)
  const compressed = isCompressed(reply)
  if (reply.status === 416) {
    // Nothing at all lies there, or the server cannot count.
    if (range?.size === 0)
      return { remote: { ...address, size: 0, version: undefined, ranges: false }, head: new Uint8Array(0) }
    throw unexpected('the file has no beginning (416)')
  }
  const ranges = reply.status === 206 && range?.size !== undefined && !compressed
  if (reply.status === 206 && range?.from !== 0) throw unexpected('it is another range than was asked for')
  const length = reply.headers.get('content-length')
  const announced = ranges
    ? range.size
    : reply.status === 200 && length !== null && !compressed
      ? Number(length)
      : undefined
  const part = reply.status === 206 ? (range?.to ?? headBytes) + 1 : headBytes
  const head = new Uint8Array(Math.min(headBytes, part, announced ?? headBytes))
  let filled = 0
  while (filled < head.length) {
    const chunk = await reply.read()
    if (chunk === undefined) break
    const taken = chunk.subarray(0, head.length - filled)
    head.set(taken, filled)
    filled += taken.length
  }
  if (announced !== undefined && filled < head.length)
    throw new TransientError('incomplete', { received: filled, expected: head.length })
  // What ended before the head was full is all there is, although the server did not announce a length.
  const size = announced ?? (filled < head.length ? filled : undefined)
  return { remote: { ...address, size, version: versionOf(reply), ranges }, head: head.subarray(0, filled) }
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
  let reply: HttpReply | undefined
  /** Where the bytes of this reply end. */
  let until = end
  let rest: Uint8Array | undefined
  const drop = async (): Promise<void> => {
    const opened = reply
    reply = undefined
    await opened?.close()
  }
  const connect = async (): Promise<void> => {
    reply = await ask(remote, options, signal, remote.ranges ? rangeHeaders(remote, at, end) : {})
    until = check(remote, reply, at, end)
    // A server that sends the whole file again: what came already is skipped.
    for (let skip = reply.status === 206 ? 0 : at; skip > 0; ) {
      const chunk = await reply.read()
      if (chunk === undefined) {
        // Of a file of unknown size nothing says that there is more.
        if (remote.size === undefined) return
        throw new TransientError('incomplete', { received: at - skip, expected: remote.size })
      }
      if (chunk.length > skip) rest = chunk.subarray(skip)
      skip -= Math.min(skip, chunk.length)
    }
  }
  const attempt = async (): Promise<Uint8Array | undefined> => {
    try {
      if (reply === undefined) {
        rest = undefined
        await connect()
      }
      const chunk = rest ?? (await reply!.read())
      rest = undefined
      if (chunk !== undefined || remote.size === undefined) return chunk
      throw new TransientError('incomplete', { received: at, expected: remote.size })
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
      // Each piece that comes starts the attempts again; a server that answered before is given time to come back.
      const chunk = await explained(remote.name, at, () => retry(attempt, { ...options, signal }))
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

/** Where the bytes of this reply, which should begin at `at`, end. */
function check(remote: Remote, reply: HttpReply, at: number, end: number): number {
  const range = contentRange(reply)
  const length = reply.headers.get('content-length')
  const version = versionOf(reply)
  const total =
    reply.status === 200 ? (length === null || isCompressed(reply) ? undefined : Number(length)) : range?.size
  const other = version !== undefined && remote.version !== undefined && version !== remote.version
  const resized = total !== undefined && remote.size !== undefined && total !== remote.size
  if (resized && !other && version !== undefined) throw unexpected(`${total} bytes instead of ${remote.size}`)
  if (other || resized || reply.status === 416)
    throw new DatasetError('source-changed', { source: remote.name, place: { unit: 'byte', number: at } })
  if (reply.status !== 206) return end
  if (range?.from !== at || !(range.to >= at && range.to < (remote.size ?? Number.POSITIVE_INFINITY)))
    throw unexpected('it is another range than was asked for')
  if (length !== null && Number(length) !== range.to + 1 - at)
    throw unexpected(`it announces ${length} bytes for a range of ${range.to + 1 - at}`)
  return Math.min(end, range.to + 1)
}

const unexpected = (reason: string): TransientError => new TransientError('unexpected-reply', { reason })

async function ask(
  { name, url, headers }: Address,
  options: HttpOptions,
  signal: AbortSignal,
  range: Record<string, string>,
): Promise<HttpReply> {
  // The file is wanted as it is, so that bytes can be counted. With a range, fetch says so by itself.
  const plain: Record<string, string> = 'range' in range ? {} : { 'accept-encoding': 'identity' }
  const reply = await request(url, {
    ...options,
    signal,
    headers: { ...plain, ...range },
    secretHeaders: headers,
  })
  if (reply.ok || reply.status === 416) return reply
  await reply.close()
  const { status } = reply
  if (status === 404 || status === 410) throw new DatasetError('not-found', { source: name, status })
  throw new DatasetError(status === 401 || status === 403 ? 'access-denied' : 'request-refused', {
    source: name,
    status,
  })
}

/** Runs something, and says how far reading had come when all attempts failed. */
async function explained<T>(source: string, at: number, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (!TransientError.isInstance(cause)) throw cause
    const details = { source, place: { unit: 'byte', number: at } as const, reason: cause.problem }
    throw new DatasetError('unreachable', details, { cause })
  }
}

const isCompressed = ({ headers }: HttpReply): boolean =>
  (headers.get('content-encoding') ?? 'identity') !== 'identity'

const versionOf = ({ headers }: HttpReply): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined

function contentRange({
  headers,
}: HttpReply): { from: number; to: number; size: number | undefined } | undefined {
  const found = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '')
  if (found === null) return undefined
  return {
    from: Number(found[1] ?? Number.NaN),
    to: Number(found[2] ?? Number.NaN),
    size: found[3] === '*' ? undefined : Number(found[3]),
  }
}
