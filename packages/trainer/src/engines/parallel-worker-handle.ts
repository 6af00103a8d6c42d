import type { Worker } from 'node:worker_threads'
import { TrainerError } from '../errors.ts'
import type { EngineName, EvaluationSums } from '../types.ts'
import type { ParallelAnswer, ParallelRequest, ParallelWorkerData, Rows } from './parallel-messages.ts'
import type { ShareOwner, Slots } from './parameter-share.ts'
import type { Range } from './sum-gradients.ts'

type Answer<Kind extends ParallelAnswer['kind']> = Extract<ParallelAnswer, { kind: Kind }>

/** One worker thread of the data-parallel engine, seen from the main thread: one request at a time. */
export class ParallelWorker implements ShareOwner {
  readonly #worker: Worker
  readonly #engine: EngineName
  readonly #ready: Promise<ParallelAnswer>
  #pending: { resolve(answer: ParallelAnswer): void; reject(error: Error): void } | undefined
  #failure: Error | undefined

  constructor(worker: Worker, engine: EngineName) {
    this.#worker = worker
    this.#engine = engine
    this.#ready = this.#next()
    this.#ready.catch(() => {})
    worker.on('message', (answer: ParallelAnswer) => {
      const pending = this.#pending
      this.#pending = undefined
      if (answer.kind === 'failed') pending?.reject(this.#failed(answer.message))
      else pending?.resolve(answer)
    })
    worker.on('error', error => this.#fail(this.#failed((error as Error).message, error)))
    worker.on('exit', code => this.#fail(this.#failed(`it ended with code ${code}.`)))
  }

  static async start(workerData: ParallelWorkerData): Promise<ParallelWorker> {
    // By a variable, so that bundlers for pages leave Node's module alone.
    const threads = 'node:worker_threads'
    const { Worker } = (await import(threads)) as typeof import('node:worker_threads')
    const file = import.meta.url.endsWith('.ts') ? './parallel-worker.ts' : './parallel-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { workerData })
    return new ParallelWorker(worker, workerData.backend)
  }

  async ready(): Promise<void> {
    await this.#ready
  }

  /** Adds the weighted gradients of the rows to the worker's sum, or begins it anew. @returns their mean loss */
  async gradients(rows: Rows, weight: number, first: boolean): Promise<number> {
    return (await this.#ask<'loss'>({ kind: 'gradients', rows, weight, first })).loss
  }

  async evaluate(rows: Rows, weights: 'parameters' | 'average'): Promise<EvaluationSums> {
    return (await this.#ask<'sums'>({ kind: 'evaluate', rows, weights })).sums
  }

  async load(slots: Slots): Promise<void> {
    await this.#ask({ kind: 'load', slots })
  }

  /** See `sumGradients`. */
  async sumGradients(used: number, range: Range): Promise<number[]> {
    return (await this.#ask<'squares'>({ kind: 'sumGradients', used, range })).squares
  }

  async update(gradientNorm: number, numbers: Record<string, number>): Promise<void> {
    await this.#ask({ kind: 'update', gradientNorm, numbers })
  }

  async save(): Promise<Slots> {
    return (await this.#ask<'slots'>({ kind: 'save' })).slots
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #ask<Kind extends ParallelAnswer['kind'] = 'done'>(request: ParallelRequest): Promise<Answer<Kind>> {
    if (this.#failure) return Promise.reject(this.#failure)
    const answer = this.#next()
    this.#worker.postMessage(request)
    return answer as Promise<Answer<Kind>>
  }

  #next(): Promise<ParallelAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
    })
  }

  #failed(problem: string, cause?: unknown): TrainerError {
    return new TrainerError('worker-failed', { engine: this.#engine, problem }, { cause })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#pending?.reject(this.#failure)
    this.#pending = undefined
  }
}
