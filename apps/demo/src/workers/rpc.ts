// Calls from the page to a worker: each may be cancelled, and may tell of events before it ends.

/** What a worker's method is given besides its arguments. */
export interface CallContext<Event> {
  signal: AbortSignal
  emit(event: Event, transfer?: Transferable[]): void
}

/** A method of a worker: its arguments, the events it tells of, its result. */
// biome-ignore lint/suspicious/noExplicitAny: the base of all methods' types
export type Method = (args: any, context: CallContext<any>) => Promise<unknown>

type Methods<M> = { [Name in keyof M]: Method }
type ArgsOf<F> = F extends (args: infer A, context: never) => unknown ? A : never
type EventOf<F> = F extends (args: never, context: CallContext<infer E>) => unknown ? E : never
type ResultOf<F> = F extends (...args: never[]) => Promise<infer R> ? R : never

type ToWorker = { id: number; method: string; args: unknown } | { id: number; cancel: true }
type FromWorker =
  | { id: number; event: unknown }
  | { id: number; result: unknown }
  | { id: number; error: { name: string; message: string } }

/** Answers calls inside a worker. */
export function serve<M extends Methods<M>>(methods: M): void {
  const running = new Map<number, AbortController>()
  self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
    const { id } = data
    if ('cancel' in data) {
      running.get(id)?.abort()
      return
    }
    const controller = new AbortController()
    running.set(id, controller)
    const post = (message: FromWorker, transfer: Transferable[] = []): void =>
      self.postMessage(message, { transfer })
    try {
      const method = methods[data.method as keyof M] as Method
      const result = await method(data.args, {
        signal: controller.signal,
        emit: (event, transfer) => post({ id, event }, transfer),
      })
      post({ id, result })
    } catch (error) {
      const { name = 'Error', message = String(error) } = error as Error
      post({ id, error: { name, message } })
    } finally {
      running.delete(id)
    }
  }
}

/** An error that a worker answered with; `name` is that of the error there. */
export class WorkerError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

interface Pending {
  resolve(result: never): void
  reject(error: Error): void
  onEvent?: ((event: never) => void) | undefined
}

export interface CallOptions<Event> {
  onEvent?: (event: Event) => void
  signal?: AbortSignal | undefined
}

/** The page's end. */
export class WorkerClient<M extends Methods<M>> {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #nextId = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const call = this.#pending.get(data.id)
      if (!call) return
      if ('event' in data) {
        call.onEvent?.(data.event as never)
        return
      }
      this.#pending.delete(data.id)
      if ('error' in data) call.reject(new WorkerError(data.error.name, data.error.message))
      else call.resolve(data.result as never)
    }
    worker.onerror = event => {
      const error = new WorkerError('WorkerError', event.message || 'The worker did not start')
      for (const call of this.#pending.values()) call.reject(error)
      this.#pending.clear()
    }
  }

  call<Name extends keyof M & string>(
    method: Name,
    args: ArgsOf<M[Name]>,
    { onEvent, signal }: CallOptions<EventOf<M[Name]>> = {},
  ): Promise<ResultOf<M[Name]>> {
    const id = this.#nextId++
    const cancel = (): void => this.#worker.postMessage({ id, cancel: true } satisfies ToWorker)
    return new Promise<ResultOf<M[Name]>>((resolve, reject) => {
      this.#worker.postMessage({ id, method, args } satisfies ToWorker)
      this.#pending.set(id, { resolve: resolve as Pending['resolve'], reject, onEvent })
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel, { once: true })
    }).finally(() => signal?.removeEventListener('abort', cancel))
  }

  terminate(): void {
    this.#worker.terminate()
    for (const call of this.#pending.values()) call.reject(new WorkerError('AbortError', 'Stopped'))
    this.#pending.clear()
  }
}
