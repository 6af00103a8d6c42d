/// <reference lib="dom" />
import type { Port } from './channel.ts'
import type { Answer, RequestMessage } from './messages.ts'

/** A web worker of its own. */
export function webWorkerPort(): Port {
  // Bundlers look for exactly this expression.
  const worker = new Worker(new URL('./web-worker.js', import.meta.url), {
    type: 'module',
    name: 'tinystories-compiler',
  })
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen(onAnswer, onEnd) {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => onAnswer(data)
      worker.onerror = event => onEnd(`ended with an error: ${event.message || 'its file did not load'}`)
    },
    keepAlive() {},
    terminate: () => worker.terminate(),
  }
}

/**
 * The caller's own thread, which has to be one that may be blocked. Each call lets the thread's other tasks through
 * first: a loop of runs would otherwise never see a message, a timer or the end of a download.
 */
export async function sameThreadPort(): Promise<Port> {
  const { WebHost } = await import('./web-host.ts')
  const host = new WebHost()
  const waiting: RequestMessage[] = []
  const turn = new MessageChannel()
  let answerTo: (answer: Answer) => void = () => {}
  turn.port1.onmessage = () => void host.answer(waiting.shift()!).then(answer => answerTo(answer))
  return {
    post(message) {
      waiting.push(message)
      turn.port2.postMessage(null)
    },
    listen(onAnswer) {
      answerTo = onAnswer
    },
    keepAlive() {},
    terminate: () => turn.port1.close(),
  }
}
