import { Worker } from 'node:worker_threads'
import { Channel, type Port } from './channel.ts'
import type { Answer } from './messages.ts'

/** Calls to a worker thread of Node; it keeps the process alive only while some are open. */
export class WorkerChannel extends Channel {
  constructor(url: URL) {
    super(threadPort(url))
  }
}

function threadPort(url: URL): Port {
  const worker = new Worker(url, { name: 'tinystories-compiler' })
  worker.unref()
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onAnswer, onEnd) {
      worker.on('message', (answer: Answer) => onAnswer(answer))
      worker.on('error', error => onEnd(`ended with an error: ${error.message}`, error))
      worker.on('exit', code => onEnd(`ended with exit code ${code}`))
    },
    keepAlive: wanted => (wanted ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate()
    },
  }
}
