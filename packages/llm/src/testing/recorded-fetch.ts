import { redactor } from '@tinystories/utils/http'

/** An exchange as it stands in a recording: no address of the server, no header of the request. */
interface Recorded {
  method: string
  path: string
  body: string
  status: number
  headers: Record<string, string>
  reply: string
}

/** Of a reply's headers, what a client acts on. */
const keptHeaders = ['content-type', 'retry-after', 'retry-after-ms']

/** Headers in which keys travel. */
const keyHeaders = ['authorization', 'api-key', 'x-api-key']

/**
 * A `fetch` that notes every exchange in a file, one JSON line each. The headers of requests are not noted, and a key from
 * them is taken out where a server says it aloud.
 *
 * @param file is added to where it exists
 */
export function recordFetch(file: string, load: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const { appendFile } = await import('node:fs/promises')
    const request = new Request(input, init)
    const body = await request.clone().text()
    const response = await load(request)
    const reply = await response.clone().text()
    const headers = keptHeaders.flatMap(name => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value] as const]
    })
    const exchange: Recorded = {
      method: request.method,
      path: pathOf(request.url),
      body,
      status: response.status,
      headers: Object.fromEntries(headers),
      reply,
    }
    const keys = keyHeaders.map(name => request.headers.get(name)?.replace(/^Bearer /, '') ?? '')
    await appendFile(file, `${redactor(keys, 8)(JSON.stringify(exchange))}\n`)
    return response
  }
}

/**
 * A `fetch` that answers from a recording, whatever the server's address: the same request gets its recorded replies in
 * their order, and the last of them from then on. Anything else is an error: nothing reaches the network.
 */
export function replayFetch(file: string): typeof fetch {
  let recording: Promise<Map<string, Recorded[]>> | undefined
  return async (input, init) => {
    recording ??= readRecording(file)
    const request = new Request(input, init)
    const key = keyOf({ method: request.method, path: pathOf(request.url), body: await request.text() })
    const replies = (await recording).get(key)
    if (replies === undefined) {
      throw new Error(
        `${file} holds no exchange for ${request.method} ${pathOf(request.url)} with this body. Record it again.`,
      )
    }
    const { status, headers, reply } = replies.length > 1 ? replies.shift()! : replies[0]!
    return new Response(reply, { status, headers })
  }
}

async function readRecording(file: string): Promise<Map<string, Recorded[]>> {
  const { readFile } = await import('node:fs/promises')
  const exchanges = new Map<string, Recorded[]>()
  for (const line of (await readFile(file, 'utf8')).split('\n').filter(Boolean)) {
    const exchange = JSON.parse(line) as Recorded
    const key = keyOf(exchange)
    exchanges.set(key, [...(exchanges.get(key) ?? []), exchange])
  }
  return exchanges
}

const keyOf = ({ method, path, body }: Pick<Recorded, 'method' | 'path' | 'body'>): string =>
  `${method} ${path}\n${body}`

const pathOf = (url: string): string => new URL(url).pathname
