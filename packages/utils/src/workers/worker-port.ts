/** Why a thread is over: its exit code, or the error that ended it. */
export type ThreadEnd = { exitCode: number | undefined } | { error: unknown }

/** A thread as a {@link WorkerClient} sees it. Everything that takes messages and answers can be one. */
export interface WorkerPort {
  post(message: unknown, transfer: readonly object[]): void
  /** Called once, before the first message. */
  listen(onMessage: (message: unknown) => void, onEnd: (end: ThreadEnd) => void): void
  /** Whether the thread keeps the process alive. */
  keepAlive?(wanted: boolean): void
  terminate(): unknown
}

/** A `Worker` of `node:worker_threads`. */
export interface NodeWorker {
  postMessage(message: unknown, transfer?: readonly never[]): void
  on(event: string, listener: (value: unknown) => void): unknown
  ref(): void
  unref(): void
  terminate(): Promise<unknown>
}

/** A `Worker` of a page. */
export interface WebWorker {
  postMessage(message: unknown, transfer: never[]): void
  addEventListener(event: string, listener: (event: unknown) => void): void
  terminate(): void
}

/** A worker of Node or of a page as a port; a port is returned as it is. */
export function portOf(worker: NodeWorker | WebWorker | WorkerPort): WorkerPort {
  if ('post' in worker) return worker
  return 'on' in worker ? nodePort(worker) : webPort(worker)
}

function nodePort(worker: NodeWorker): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as never[]),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage)
      worker.on('messageerror', error => onEnd({ error }))
      worker.on('error', error => onEnd({ error }))
      worker.on('exit', exitCode => onEnd({ exitCode: exitCode as number }))
    },
    keepAlive: wanted => (wanted ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  }
}

function webPort(worker: WebWorker): WorkerPort {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer] as never[]),
    listen(onMessage, onEnd) {
      worker.addEventListener('message', event => onMessage((event as { data: unknown }).data))
      worker.addEventListener('messageerror', () => onEnd({ error: new Error('a message cannot be read') }))
      worker.addEventListener('error', event => {
        const { message, error } = event as { message?: string; error?: unknown }
        // An error without a message: the file did not load.
        onEnd({ error: error ?? new Error(message || 'its file did not load') })
      })
    },
    terminate: () => worker.terminate(),
  }
}
