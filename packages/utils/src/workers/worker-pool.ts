import { onAbort } from '../retry/index.ts'
import type { ArgumentOf, EventOf, ResultOf, WorkerMethods } from './messages.ts'
import type { CallOptions, WorkerClient } from './worker-client.ts'
import { WorkerError } from './worker-error.ts'

/** Options of {@link WorkerPool}. */
export interface WorkerPoolOptions {
  /** Threads at most. */
  size: number
  /** Calls that a thread is given at a time: with 2 the next one lies ready while it works. Default 1. */
  depth?: number
}

/** A call that no thread has taken yet. */
interface QueuedCall<Methods extends WorkerMethods<Methods>> {
  start(client: WorkerClient<Methods>): void
  reject(error: unknown): void
}

/**
 * Worker threads that share calls: each takes the next one when it is free. Threads start when there is work for them;
 * one that has ended is replaced with the next call.
 */
export class WorkerPool<Methods extends WorkerMethods<Methods>> {
  readonly #create: (index: number) => WorkerClient<Methods>
  readonly #size: number
  readonly #depth: number
  readonly #clients: WorkerClient<Methods>[] = []
  readonly #queue: QueuedCall<Methods>[] = []
  #isClosed = false

  /** @param create starts the thread of a place, from 0 */
  constructor(create: (index: number) => WorkerClient<Methods>, { size, depth = 1 }: WorkerPoolOptions) {
    this.#create = create
    this.#size = size
    this.#depth = depth
  }

  /** As {@link WorkerClient.call}, on the first thread that is free. */
  call<Name extends keyof Methods & string>(
    method: Name,
    argument: ArgumentOf<Methods[Name]>,
    options: CallOptions<EventOf<Methods[Name]>> = {},
  ): Promise<ResultOf<Methods[Name]>> {
    const { signal } = options
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#isClosed) throw new WorkerError('closed', { worker: 'pool' })
      const queued: QueuedCall<Methods> = {
        reject,
        start: client => {
          stopListening?.()
          client
            .call(method, argument, options)
            .then(resolve, reject)
            .finally(() => this.#assign())
        },
      }
      const stopListening =
        signal &&
        onAbort(signal, () => {
          this.#queue.splice(this.#queue.indexOf(queued), 1)
          reject(signal.reason)
        })
      this.#queue.push(queued)
      this.#assign()
    })
  }

  /** Ends all threads; open calls reject. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#queue.splice(0)) reject(new WorkerError('closed', { worker: 'pool' }))
    await Promise.all(this.#clients.map(client => client.close()))
  }

  /** Gives waiting calls to threads that have room for them. */
  #assign(): void {
    while (this.#queue.length > 0) {
      let client: WorkerClient<Methods> | undefined
      try {
        client = this.#findFree()
      } catch (error) {
        // A thread that cannot be created fails the call that it was for, and no other.
        this.#queue.shift()!.reject(error)
        continue
      }
      if (client === undefined) return
      this.#queue.shift()!.start(client)
    }
  }

  /** An idle thread, else a new one where there is a place, else the one with the least to do that has room. */
  #findFree(): WorkerClient<Methods> | undefined {
    let least: WorkerClient<Methods> | undefined
    for (let i = 0; i < this.#size; i++) {
      const client = this.#clients[i]
      if (client === undefined || client.hasEnded) {
        const created = this.#create(i)
        this.#clients[i] = created
        return created
      }
      if (client.load === 0) return client
      if (client.load < this.#depth && (least === undefined || client.load < least.load)) least = client
    }
    return least
  }
}
