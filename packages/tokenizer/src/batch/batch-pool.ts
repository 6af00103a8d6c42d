import { Worker } from 'node:worker_threads'
import type { Encoding } from '../encoding/encoding.ts'
import type { Pipeline, PipelineOptions } from '../encoding/pipeline.ts'
import { TokenizerError } from '../errors/errors.ts'
import type { WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { arena } from '../memory/arena.ts'
import { type PackedEncodings, unpackEncodings } from './pack-encodings.ts'
import { splitBatch, worthwhileThreads } from './split-batch.ts'

/** Texts for a worker thread: their units end to end in shared memory, and where each ends. */
export interface BatchMessage {
  units: Uint16Array
  ends: Int32Array
  options: PipelineOptions
}

/** What the worker makes of them. */
export type BatchAnswer = { packed: PackedEncodings } | { error: string }

/** Texts that one thread encodes. */
interface Job {
  texts: readonly string[]
  options: PipelineOptions
  /** Threads that its batch may use, the calling one included. */
  threads: number
  resolve: (encodings: Encoding[]) => void
  reject: (error: Error) => void
}

/** Worker threads with the tokenizer in them. They do not keep the process alive while they are idle. */
export class BatchPool {
  readonly #json: WordPieceTokenizerJson
  readonly #pipeline: Pipeline
  readonly #workers: PoolWorker[] = []
  /** Jobs of all batches that no thread has taken yet. */
  readonly #queue: Job[] = []

  /** @param pipeline of the calling thread, which takes its share of the jobs. */
  constructor(json: WordPieceTokenizerJson, pipeline: Pipeline) {
    this.#json = json
    this.#pipeline = pipeline
  }

  /** Encodes texts on up to `threads` threads, the calling one included; each takes a job when it is free. */
  async encode(texts: string[], threads: number, options: PipelineOptions): Promise<Encoding[]> {
    const worthwhile = worthwhileThreads(texts, threads)
    while (this.#workers.length < worthwhile - 1) {
      this.#workers.push(new PoolWorker(this.#json, this.#pipeline, () => this.#handOut()))
    }
    const results = splitBatch(texts, worthwhile).map(
      share =>
        new Promise<Encoding[]>((resolve, reject) => {
          this.#queue.push({ texts: share, options, threads: worthwhile, resolve, reject })
        }),
    )
    const all = Promise.all(results)
    // Awaited below, when the other jobs are done.
    all.catch(() => undefined)
    this.#handOut()
    const allocate = arena()
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      try {
        job.resolve(job.texts.map(text => this.#pipeline.encode(text, job.options, allocate)))
      } catch (error) {
        job.reject(error as Error)
      }
      // Answers that came meanwhile are taken, and new jobs handed out.
      await new Promise(resolve => setImmediate(resolve))
    }
    return (await all).flat()
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(worker => worker.close()))
  }

  #handOut(): void {
    for (const [i, worker] of this.#workers.entries()) {
      while (worker.free && i < (this.#queue[0]?.threads ?? 0) - 1) worker.encode(this.#queue.shift()!)
    }
  }
}

/** Jobs that a thread has at hand: while one is under way, the next lies ready. */
const JOBS_AT_HAND = 2

class PoolWorker {
  readonly #worker: Worker
  readonly #pipeline: Pipeline
  /** Jobs under way; the thread answers them in order. */
  readonly #jobs: { job: Job; memory: SharedArrayBuffer }[] = []
  /** Shared memory that no job is using: fresh memory for each job would cost as much as filling it. */
  readonly #spare: SharedArrayBuffer[] = []

  /** @param onFree called when the worker can take another job. */
  constructor(json: WordPieceTokenizerJson, pipeline: Pipeline, onFree: () => void) {
    this.#pipeline = pipeline
    const file = import.meta.url.endsWith('.ts') ? './batch-worker.ts' : './batch-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: json })
    this.#worker.on('message', (answer: BatchAnswer) => {
      const { job, memory } = this.#jobs.shift()!
      this.#spare.push(memory)
      onFree()
      if (this.#jobs.length === 0) this.#worker.unref()
      if ('error' in answer) job.reject(new TokenizerError(answer.error))
      else job.resolve(unpackEncodings(answer.packed, this.#pipeline.vocabulary))
    })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new TokenizerError('encodeBatch: the worker thread has ended')))
    this.#worker.unref()
  }

  get free(): boolean {
    return this.#jobs.length < JOBS_AT_HAND
  }

  encode(job: Job): void {
    const { texts, options } = job
    const ends = new Int32Array(texts.length)
    let length = 0
    for (const [i, text] of texts.entries()) {
      length += text.length
      ends[i] = length
    }
    let memory = this.#spare.pop()
    if (memory === undefined || memory.byteLength < length * 2) memory = new SharedArrayBuffer(length * 2)
    const bytes = Buffer.from(memory)
    for (const [i, text] of texts.entries()) bytes.write(text, i === 0 ? 0 : ends[i - 1]! * 2, 'utf16le')
    this.#jobs.push({ job, memory })
    this.#worker.ref()
    this.#worker.postMessage({ units: new Uint16Array(memory), ends, options } satisfies BatchMessage)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    for (const { job } of this.#jobs.splice(0)) job.reject(error)
  }
}
