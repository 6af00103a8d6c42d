import type { ServerResponse } from 'node:http'
import type { ServerFaults } from './chat-server-options.ts'

/** One way in which a request goes wrong. */
export type Fault = keyof ServerFaults

const kinds: readonly Fault[] = ['serverError', 'reset', 'halfReply', 'malformed', 'hang']

/** What goes wrong with the next request, by a number in [0, 1); undefined when nothing does. */
export function serverFaults(shares: ServerFaults, drawn: number): Fault | undefined {
  let at = drawn
  for (const kind of kinds) {
    at -= shares[kind] ?? 0
    if (at < 0) return kind
  }
  return undefined
}

/** Plays a fault instead of sending the answer. */
export function misbehave(fault: Fault, response: ServerResponse, answer: string): void {
  const half = answer.slice(0, answer.length / 2)
  switch (fault) {
    case 'serverError':
      response.writeHead([500, 502, 503][answer.length % 3]!, { 'content-type': 'text/html' })
      response.end('<h1>Something went wrong</h1>')
      break
    case 'reset':
      response.socket?.resetAndDestroy()
      break
    case 'halfReply':
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      })
      response.write(half, () => response.socket?.destroy())
      break
    case 'malformed':
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(half)
      break
    case 'hang':
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer),
      })
      response.write(half)
  }
}
