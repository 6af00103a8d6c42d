import { Worker } from 'node:worker_threads'
import { WorkerClient } from '@tinystories/utils/workers'
import type { Encoding } from '../encoding/encoding.ts'
import type { Pipeline, PipelineOptions } from '../encoding/pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { arena } from '../memory/arena.ts'
import type { BatchMethods } from './batch-worker.ts'
import { unpackEncodings } from './pack-encodings.ts'
import { splitBatch, worthwhileThreads } from './split-batch.ts'

/** Texts that one thread encodes. */
interface Job {
  texts: readonly string[]
  options: PipelineOptions
  /** Threads that its batch may use, the calling one included. */
  threads: number
  resolve: (encodings: Encoding[]) => void
  reject: (error: unknown) => void
}

/** Jobs that a thread has at hand: while one is under way, the next lies ready. */
const JOBS_AT_HAND = 2

/** Worker threads with the tokenizer in them. They do not keep the process alive while they are idle. */
export class BatchPool {
  readonly #json: TokenizerJson
  readonly #pipeline: Pipeline
  readonly #workers: WorkerClient<BatchMethods>[] = []
  /** Jobs of all batches that no thread has taken yet. */
  readonly #queue: Job[] = []
  /** Shared memory that no job is using: fresh memory for each job would cost as much as filling it. */
  readonly #spare: SharedArrayBuffer[] = []

  /** @param pipeline of the calling thread, which takes its share of the jobs. */
  constructor(json: TokenizerJson, pipeline: Pipeline) {
    this.#json = json
    this.#pipeline = pipeline
  }

  /** Encodes texts on up to `threads` threads, the calling one included; each takes a job when it is free. */
  async encode(texts: string[], threads: number, options: PipelineOptions): Promise<Encoding[]> {
    const worthwhile = worthwhileThreads(texts, threads)
    while (this.#workers.length < worthwhile - 1) this.#workers.push(this.#startWorker())
    const results = splitBatch(texts, worthwhile).map(
      share =>
        new Promise<Encoding[]>((resolve, reject) => {
          this.#queue.push({ texts: share, options, threads: worthwhile, resolve, reject })
        }),
    )
    const all = Promise.all(results)
    // Awaited below, when the other jobs are done.
    all.catch(() => undefined)
    this.#distribute()
    const allocate = arena()
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      try {
        job.resolve(job.texts.map(text => this.#pipeline.encode(text, job.options, allocate)))
      } catch (error) {
        job.reject(error)
      }
      // Answers that came meanwhile are taken, and new jobs distributed.
      await new Promise(resolve => setImmediate(resolve))
    }
    return (await all).flat()
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(worker => worker.close()))
  }

  #startWorker(): WorkerClient<BatchMethods> {
    const file = import.meta.url.endsWith('.ts') ? './batch-worker.ts' : './batch-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { workerData: this.#json })
    return new WorkerClient(worker, 'tokenizer')
  }

  #distribute(): void {
    for (const [i, worker] of this.#workers.entries()) {
      while (worker.load < JOBS_AT_HAND && i < (this.#queue[0]?.threads ?? 0) - 1) {
        void this.#send(this.#queue.shift()!, worker)
      }
    }
  }

  async #send({ texts, options, resolve, reject }: Job, worker: WorkerClient<BatchMethods>): Promise<void> {
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
    try {
      const packed = await worker.call('encode', { units: new Uint16Array(memory), ends, options })
      this.#spare.push(memory)
      this.#distribute()
      resolve(unpackEncodings(packed, this.#pipeline.vocabulary))
    } catch (error) {
      reject(error)
      this.#distribute()
    }
  }
}
