import { CompilerError, type Failure } from '../errors.ts'
import type { Answer, NamedData, Request, RequestMessage } from './messages.ts'

/** Where requests go and answers come from: a thread, a web worker, or the caller's own thread. */
export interface Port {
  /** @param transfer buffers in the message to hand over, where the port has another memory */
  post(message: RequestMessage, transfer: readonly ArrayBuffer[]): void
  /**
   * @param onAnswer for each answer
   * @param onEnd when nothing will be answered any more, with what happened ("ended with ...")
   */
  listen(onAnswer: (answer: Answer) => void, onEnd: (what: string, cause?: unknown) => void): void
  /** Keeps the process alive while calls are open, or no longer. */
  keepAlive(wanted: boolean): void
  terminate(): Promise<void> | void
}

interface Pending {
  resolve(data: NamedData): void
  reject(error: Error): void
  /** What was requested, for an error. */
  doing: string
}

/** Calls to what holds ONNX Runtime. They are answered in order. */
export class Channel {
  readonly #port: Port
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  /** Why nothing can be requested any more. */
  #closed: CompilerError | undefined

  constructor(port: Port) {
    this.#port = port
    port.listen(
      answer => this.#settle(answer),
      (problem, cause) => this.#close(problem, cause),
    )
  }

  /** @throws CompilerError what the other side threw, `runtime-failed`, `worker-ended` or `disposed` */
  ask(request: Request, doing: string, transfer: readonly ArrayBuffer[] = []): Promise<NamedData> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = this.#nextId++
    const message: RequestMessage = { ...request, id }
    return new Promise((resolve, reject) => {
      // Posting comes first: what cannot be cloned throws, and must not be waited for.
      this.#port.post(message, transfer)
      this.#pending.set(id, { resolve, reject, doing })
      this.#port.keepAlive(true)
    })
  }

  /** Ends the thread once everything requested so far is answered. Calls after this one are refused. */
  async stop(): Promise<void> {
    if (this.#closed) return
    const stopped = this.ask({ kind: 'stop' }, 'stopping')
    this.#closed = new CompilerError('disposed', { what: 'runtime' })
    await stopped.catch(() => {})
    await this.#port.terminate()
  }

  #settle(answer: Answer): void {
    const call = this.#pending.get(answer.id)
    if (!call) return
    this.#pending.delete(answer.id)
    if (this.#pending.size === 0) this.#port.keepAlive(false)
    if (answer.ok) call.resolve(answer.data)
    else call.reject(errorOf(answer.failure, call.doing))
  }

  #close(problem: string, cause?: unknown): void {
    this.#closed ??= new CompilerError('worker-ended', { doing: undefined, problem }, { cause })
    for (const { reject, doing } of this.#pending.values())
      reject(new CompilerError('worker-ended', { doing, problem }, { cause }))
    this.#pending.clear()
  }
}

function errorOf(failure: Failure, doing: string): CompilerError {
  return failure.code === undefined
    ? new CompilerError('runtime-failed', { doing, problem: failure.problem })
    : new CompilerError(failure.code, failure.details)
}
