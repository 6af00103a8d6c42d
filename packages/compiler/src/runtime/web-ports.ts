/// <reference lib="dom" />
import { type NodeScope, serveWorker, type WorkerPort } from '@tinystories/utils/workers'

/** A new web worker. */
export function webWorker(): Worker {
  // Bundlers look for exactly this expression.
  return new Worker(new URL('./web-worker.js', import.meta.url), {
    type: 'module',
    name: 'tinystories-compiler',
  })
}

/**
 * The caller's own thread, which must be one that may be blocked. Each call lets the thread's other tasks run first: a
 * loop of runs would otherwise never see a message, a timer or the end of a download.
 */
export async function sameThreadPort(): Promise<WorkerPort> {
  const { WebHost } = await import('./web-host.ts')
  const host = new WebHost()
  // Messages wait here and are not copied; the channel only gives each a turn of the event loop.
  const waiting: unknown[] = []
  const turn = new MessageChannel()
  let toClient: (message: unknown) => void = () => {}
  const scope: NodeScope = {
    postMessage: message => toClient(message),
    on: (_, listener) => {
      turn.port1.onmessage = () => listener(waiting.shift())
    },
  }
  serveWorker(scope, { ask: host.ask.bind(host) }, { sequential: true })
  return {
    post(message) {
      waiting.push(message)
      turn.port2.postMessage(null)
    },
    listen(onMessage) {
      toClient = onMessage
    },
    terminate: () => turn.port1.close(),
  }
}
