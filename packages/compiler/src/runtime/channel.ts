import { CompilerError } from '../errors.ts'
import type { Answer, NamedData, Request, RequestMessage } from './messages.ts'

/** Where requests go and answers come from: a thread, a web worker, or the caller's own thread. */
export interface Port {
  /** @param transfer buffers in the message to hand over, where the port has another memory */
  post(message: RequestMessage, transfer: readonly ArrayBuffer[]): void
  /**
   * @param onAnswer for each answer
   * @param onEnd when nothing will be answered any more, with what happened in words ("ended with ...")
   */
  listen(onAnswer: (answer: Answer) => void, onEnd: (what: string, cause?: unknown) => void): void
  /** Keeps the process alive while calls are open, or no longer. */
  keepAlive(wanted: boolean): void
  terminate(): Promise<void> | void
}

interface Pending {
  resolve(data: NamedData): void
  reject(error: Error): void
  /** What was asked for, in words, for an error. */
  doing: string
}

/** What the first call does, in words. */
export const STARTING = 'starting'

/** Calls to what holds ONNX Runtime. They are answered in order. */
export class Channel {
  private readonly port: Port
  /** The package that brings ONNX Runtime, for errors. */
  private readonly packageName: string
  private readonly pending = new Map<number, Pending>()
  private nextId = 0
  /** Why nothing can be asked any more. */
  private closed: CompilerError | undefined

  constructor(port: Port, packageName: string) {
    this.port = port
    this.packageName = packageName
    port.listen(
      answer => this.settle(answer),
      (what, cause) => this.close(what, cause),
    )
  }

  /** @throws CompilerError (`runtime`) with ONNX Runtime's words, or (`disposed`) once the thread has ended */
  ask(request: Request, doing: string, transfer: readonly ArrayBuffer[] = []): Promise<NamedData> {
    if (this.closed) return Promise.reject(this.closed)
    const id = this.nextId++
    const message: RequestMessage = { ...request, id }
    return new Promise((resolve, reject) => {
      // Posting comes first: what cannot be cloned throws, and must not be waited for.
      this.port.post(message, transfer)
      this.pending.set(id, { resolve, reject, doing })
      this.port.keepAlive(true)
    })
  }

  /** Ends the thread once everything asked so far is answered. Calls after this one are refused. */
  async stop(reason: string): Promise<void> {
    if (this.closed) return
    const stopped = this.ask({ kind: 'stop' }, 'stopping')
    this.closed = new CompilerError('disposed', reason)
    await stopped.catch(() => {})
    await this.port.terminate()
  }

  private settle(answer: Answer): void {
    const call = this.pending.get(answer.id)
    if (!call) return
    this.pending.delete(answer.id)
    if (this.pending.size === 0) this.port.keepAlive(false)
    if (answer.ok) call.resolve(answer.data)
    else call.reject(this.failure(call.doing, answer.message, answer.code))
  }

  private close(what: string, cause?: unknown): void {
    this.closed ??= new CompilerError(
      'disposed',
      `The worker thread of ONNX Runtime ${what}; make a new runtime`,
      { cause },
    )
    for (const { reject, doing } of this.pending.values()) {
      reject(
        new CompilerError('runtime', `The worker thread of ONNX Runtime ${what} while ${doing}`, { cause }),
      )
    }
    this.pending.clear()
  }

  private failure(doing: string, message: string, code: string | undefined): CompilerError {
    const { packageName } = this
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(packageName)) {
      return new CompilerError(
        'missing-package',
        `The ${packageName.replace('onnxruntime-', '')} runtime needs ${packageName}, which is not installed. Run: npm install ${packageName}`,
      )
    }
    if (code === 'ERR_PROVIDER') return new CompilerError('missing-provider', message)
    if (doing === STARTING) {
      return new CompilerError('missing-package', `${packageName} is installed but does not load: ${message}`)
    }
    return new CompilerError('runtime', `ONNX Runtime failed while ${doing}: ${message}`)
  }
}
