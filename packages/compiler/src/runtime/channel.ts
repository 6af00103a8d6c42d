import { messageOf } from '@tinystories/utils/errors'
import { WorkerClient, WorkerError } from '@tinystories/utils/workers'
import { CompilerError } from '../errors.ts'
import type { NamedData, Request } from './messages.ts'

/** What the thread that holds ONNX Runtime serves: requests, one after another. */
export interface Host {
  ask(request: Request): Promise<NamedData>
}

/** Calls to the thread that holds ONNX Runtime. */
export class Channel {
  readonly #client: WorkerClient<Host>
  #isStopped = false

  constructor(thread: ConstructorParameters<typeof WorkerClient<Host>>[0]) {
    this.#client = new WorkerClient<Host>(thread, 'ONNX Runtime')
  }

  /**
   * @param doing what the request does, for errors
   * @param transfer buffers in the request that move to the thread
   * @throws CompilerError what the thread threw, `runtime-failed` or `disposed`; WorkerError when the thread has ended
   */
  ask(request: Request, doing: string, transfer: readonly ArrayBuffer[] = []): Promise<NamedData> {
    if (this.#isStopped) return Promise.reject(new CompilerError('disposed', { what: 'runtime' }))
    return this.#client.call('ask', request, { transfer }).catch((cause: unknown) => {
      if (CompilerError.isInstance(cause) || WorkerError.isInstance(cause)) throw cause
      throw new CompilerError('runtime-failed', { doing, problem: messageOf(cause) }, { cause })
    })
  }

  /** Ends the thread once everything requested so far is answered. Calls after this one are refused. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    const stopped = this.ask({ kind: 'stop' }, 'stopping')
    this.#isStopped = true
    await stopped.catch(() => {})
    await this.#client.close()
  }
}
