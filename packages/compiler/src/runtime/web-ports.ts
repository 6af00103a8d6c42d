/// <reference lib="dom" />
import type { Port } from './channel.ts'
import type { Answer } from './messages.ts'

/** A web worker of its own. */
export function webWorkerPort(): Port {
  // Bundlers look for exactly this expression.
  const worker = new Worker(new URL('./web-worker.js', import.meta.url), {
    type: 'module',
    name: 'tinystories-compiler',
  })
  return {
    post: message => worker.postMessage(message),
    listen(onAnswer, onEnd) {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => onAnswer(data)
      worker.onerror = event => onEnd(`ended with an error: ${event.message || 'its file did not load'}`)
    },
    keepAlive() {},
    terminate: () => worker.terminate(),
  }
}

/** The caller's own thread, which has to be one that may be blocked. */
export async function sameThreadPort(): Promise<Port> {
  const { WebHost } = await import('./web-host.ts')
  const host = new WebHost()
  let answerTo: (answer: Answer) => void = () => {}
  return {
    post: message => void host.answer(message).then(answer => answerTo(answer)),
    listen(onAnswer) {
      answerTo = onAnswer
    },
    keepAlive() {},
    terminate() {},
  }
}
