import { Worker } from 'node:worker_threads'
import { CompilerError } from '../errors.ts'
import type { Answer, NamedData, Request, RequestMessage } from './messages.ts'

interface Pending {
  resolve(data: NamedData): void
  reject(error: Error): void
  /** What was asked for, in words, for an error. */
  doing: string
}

/** Calls to the worker thread. They are answered in order; the thread keeps the process alive only while some are open. */
export class WorkerChannel {
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private nextId = 0
  /** Why nothing can be asked any more. */
  private closed: CompilerError | undefined

  constructor(url: URL) {
    this.worker = new Worker(url, { name: 'tinystories-compiler' })
    this.worker.unref()
    this.worker.on('message', (answer: Answer) => this.settle(answer))
    this.worker.on('error', error => this.close(`ended with an error: ${error.message}`, error))
    this.worker.on('exit', code => this.close(`ended with exit code ${code}`))
  }

  /** @throws CompilerError (`runtime`) with ONNX Runtime's words, or (`disposed`) once the thread has ended */
  ask(request: Request, doing: string): Promise<NamedData> {
    if (this.closed) return Promise.reject(this.closed)
    const id = this.nextId++
    const message: RequestMessage = { ...request, id }
    return new Promise((resolve, reject) => {
      // Posting comes first: what cannot be cloned throws, and must not be waited for.
      this.worker.postMessage(message)
      this.pending.set(id, { resolve, reject, doing })
      this.worker.ref()
    })
  }

  /** Ends the thread once everything asked so far is answered. Calls after this one are refused. */
  async stop(reason: string): Promise<void> {
    if (this.closed) return
    const stopped = this.ask({ kind: 'stop' }, 'stopping')
    this.closed = new CompilerError('disposed', reason)
    await stopped.catch(() => {})
    await this.worker.terminate()
  }

  private settle(answer: Answer): void {
    const call = this.pending.get(answer.id)
    if (!call) return
    this.pending.delete(answer.id)
    if (this.pending.size === 0) this.worker.unref()
    if (answer.ok) call.resolve(answer.data)
    else call.reject(failure(call.doing, answer.message, answer.code))
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
}

function failure(doing: string, message: string, code: string | undefined): CompilerError {
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes('onnxruntime-node')) {
    return new CompilerError(
      'missing-package',
      'The node runtime needs onnxruntime-node, which is not installed. Run: npm install onnxruntime-node',
    )
  }
  if (doing === STARTING) {
    return new CompilerError('missing-package', `onnxruntime-node is installed but does not load: ${message}`)
  }
  return new CompilerError('runtime', `ONNX Runtime failed while ${doing}: ${message}`)
}

/** What the first call does, in words. */
export const STARTING = 'starting'
