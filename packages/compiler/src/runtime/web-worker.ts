/// <reference lib="dom" />
import { serveWorker, transferred, type WebScope } from '@tinystories/utils/workers'
import type { Request } from './messages.ts'
import { WebHost } from './web-host.ts'

const host = new WebHost()

const methods = {
  async ask(request: Request) {
    const answer = await host.ask(request)
    // Everything in an answer is a copy, so it moves.
    return transferred(answer, [...new Set(answer.map(([, array]) => array.buffer))])
  },
}
serveWorker(self as unknown as WebScope, methods, { sequential: true })
