import { deserializeError } from '../errors/index.ts'
import { messageOf } from '../errors/message-of.ts'
import { onAbort } from '../retry/index.ts'
import type { ArgumentOf, EventOf, FromWorker, ResultOf, ToWorker, WorkerMethods } from './messages.ts'
import { WorkerError } from './worker-error.ts'
import { type NodeWorker, portOf, type ThreadEnd, type WebWorker, type WorkerPort } from './worker-port.ts'

/** Options of one call. */
export interface CallOptions<Event = never> {
  /** Buffers of the argument that move to the worker instead of being copied. */
  transfer?: readonly object[]
  /** Called with each event that the method sends before its result. */
  onEvent?: (event: Event) => void
  /** Rejects the call immediately with the signal's reason, and aborts the signal of the method. */
  signal?: AbortSignal | undefined
}

interface OpenCall {
  method: string
  resolve(result: never): void
  reject(error: unknown): void
  onEvent: ((event: never) => void) | undefined
}

/**
 * The caller's end of a worker thread that runs `serveWorker`. The thread keeps the process alive only while calls are
 * open. When it ends, however it ends, open calls and later ones reject.
 */
export class WorkerClient<Methods extends WorkerMethods<Methods>> {
  readonly #name: string
  readonly #port: WorkerPort
  readonly #calls = new Map<number, OpenCall>()
  #nextId = 0
  #failure: WorkerError | undefined

  /**
   * @param worker of `node:worker_threads` or of a page
   * @param name for errors. Default `worker`.
   */
  constructor(worker: NodeWorker | WebWorker | WorkerPort, name: string = 'worker') {
    this.#name = name
    this.#port = portOf(worker)
    this.#port.listen(
      message => this.#receive(message as FromWorker),
      end => this.#end(end),
    )
    this.#port.keepAlive?.(false)
  }

  /** Calls that are not answered yet. */
  get load(): number {
    return this.#calls.size
  }

  /** Whether the thread is over; then every call rejects. */
  get hasEnded(): boolean {
    return this.#failure !== undefined
  }

  /**
   * Calls a method of the worker.
   *
   * @throws what the method threw, with code and details; WorkerError; the signal's reason
   */
  call<Name extends keyof Methods & string>(
    method: Name,
    argument: ArgumentOf<Methods[Name]>,
    { transfer = [], onEvent, signal }: CallOptions<EventOf<Methods[Name]>> = {},
  ): Promise<ResultOf<Methods[Name]>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#failure) throw this.#failure
      const id = this.#nextId++
      this.#post({ id, method, argument }, transfer, method)
      const stopListening =
        signal &&
        onAbort(signal, () => {
          if (!this.#close(id)) return
          this.#port.post({ id, abort: true } satisfies ToWorker, [])
          reject(signal.reason)
        })
      this.#calls.set(id, {
        method,
        resolve: result => {
          stopListening?.()
          resolve(result)
        },
        reject: error => {
          stopListening?.()
          reject(error)
        },
        onEvent,
      })
      if (this.#calls.size === 1) this.#port.keepAlive?.(true)
    })
  }

  /** Ends the thread; open calls reject. */
  async close(): Promise<void> {
    this.#fail(new WorkerError('closed', { worker: this.#name }))
    await this.#port.terminate()
  }

  #post(message: ToWorker, transfer: readonly object[], method: string): void {
    try {
      this.#port.post(message, transfer)
    } catch (error) {
      throw new WorkerError('not-cloneable', { method, reason: messageOf(error) }, { cause: error })
    }
  }

  /** Forgets a call; false when it is not open. */
  #close(id: number): boolean {
    const wasOpen = this.#calls.delete(id)
    if (wasOpen && this.#calls.size === 0) this.#port.keepAlive?.(false)
    return wasOpen
  }

  #receive(message: FromWorker): void {
    const call = this.#calls.get(message.id)
    // The answer to an aborted call comes too late.
    if (call === undefined) return
    if ('event' in message) {
      call.onEvent?.(message.event as never)
      return
    }
    this.#close(message.id)
    if ('error' in message) call.reject(deserializeError(message.error))
    else call.resolve(message.result as never)
  }

  #end(end: ThreadEnd): void {
    const worker = this.#name
    if ('exitCode' in end) this.#fail(new WorkerError('ended', { worker, exitCode: end.exitCode }))
    else {
      const reason = messageOf(end.error)
      this.#fail(new WorkerError('crashed', { worker, reason }, { cause: end.error }))
    }
  }

  #fail(error: WorkerError): void {
    // The first reason counts: after an error comes the exit.
    this.#failure ??= error
    for (const [id, call] of [...this.#calls]) {
      this.#close(id)
      call.reject(this.#failure)
    }
  }
}
