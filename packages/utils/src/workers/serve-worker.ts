import { serializeError } from '../errors/index.ts'
import { messageOf } from '../errors/message-of.ts'
import {
  type CallContext,
  type FromWorker,
  type ToWorker,
  Transferred,
  type WorkerMethods,
} from './messages.ts'
import { WorkerError } from './worker-error.ts'

/** Where a worker gets its messages: `parentPort` of `node:worker_threads`. */
export interface NodeScope {
  postMessage(message: unknown, transfer?: readonly never[]): void
  on(event: string, listener: (value: unknown) => void): unknown
}

/** Where a worker of a page gets its messages: `self`. */
export interface WebScope {
  postMessage(message: unknown, options: { transfer: never[] }): void
  addEventListener(event: string, listener: (event: unknown) => void): void
}

/** Options of {@link serveWorker}. */
export interface ServeOptions {
  /** Whether a call starts only after the one before it has been answered. Default false. */
  sequential?: boolean
}

type AnyMethod = (argument: unknown, context: CallContext<unknown>) => unknown

/**
 * Answers the calls of a `WorkerClient` inside a worker thread.
 *
 * @param scope `parentPort` of `node:worker_threads`, or `self` in a page's worker
 * @param methods the client is typed by `typeof methods`
 */
export function serveWorker<Methods extends WorkerMethods<Methods>>(
  scope: NodeScope | WebScope,
  methods: Methods,
  { sequential = false }: ServeOptions = {},
): void {
  const running = new Map<number, AbortController>()
  const post = (message: FromWorker, transfer: readonly object[] = []): void => {
    const list = [...transfer] as never[]
    if ('on' in scope) scope.postMessage(message, list)
    else scope.postMessage(message, { transfer: list })
  }
  let last: Promise<unknown> = Promise.resolve()

  const answer = async (id: number, name: string, argument: unknown, signal: AbortSignal): Promise<void> => {
    const send = (message: FromWorker, transfer?: readonly object[]): void => {
      try {
        post(message, transfer)
      } catch (error) {
        throw new WorkerError('not-cloneable', { method: name, reason: messageOf(error) }, { cause: error })
      }
    }
    try {
      if (!Object.hasOwn(methods, name)) throw new WorkerError('unknown-method', { method: name })
      const method = methods[name as keyof Methods] as unknown as AnyMethod
      const result = await method(argument, {
        signal,
        emit: (event, transfer) => send({ id, event }, transfer),
      })
      if (result instanceof Transferred) send({ id, result: result.value }, result.transfer)
      else send({ id, result })
    } catch (error) {
      post({ id, error: serializeError(error) })
    } finally {
      running.delete(id)
    }
  }

  const receive = (message: ToWorker): void => {
    if ('abort' in message) {
      running.get(message.id)?.abort()
      return
    }
    const { id, method, argument } = message
    const controller = new AbortController()
    running.set(id, controller)
    const run = (): Promise<void> => answer(id, method, argument, controller.signal)
    last = sequential ? last.then(run) : run()
  }

  if ('on' in scope) scope.on('message', message => receive(message as ToWorker))
  else scope.addEventListener('message', event => receive((event as { data: ToWorker }).data))
}
