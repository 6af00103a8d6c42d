import { Worker } from 'node:worker_threads'
import type { Encoding } from './encoding.ts'
import { TokenizerError } from './errors.ts'
import { type PackedEncodings, unpackEncodings } from './pack-encodings.ts'
import type { Pipeline, PipelineOptions } from './pipeline.ts'
import { splitEvenly, worthwhileThreads } from './split-evenly.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

/** Texts for a worker thread: their units end to end in shared memory, and where each ends. */
export interface BatchJob {
  units: Uint16Array
  ends: Int32Array
  options: PipelineOptions
}

/** What the worker makes of them. */
export type BatchAnswer = { packed: PackedEncodings } | { error: string }

/** The first jobs of a thread are unpacked while its last is still being encoded. */
const JOBS_PER_THREAD = 4

/** Worker threads with the tokenizer in them. They do not keep the process alive while they are idle. */
export class BatchPool {
  readonly #json: TokenizerJson
  readonly #pipeline: Pipeline
  readonly #workers: PoolWorker[] = []

  /** @param pipeline of the calling thread, which takes a share too. */
  constructor(json: TokenizerJson, pipeline: Pipeline) {
    this.#json = json
    this.#pipeline = pipeline
  }

  /** Encodes texts on up to `threads` threads, the calling one included. */
  async encode(texts: string[], threads: number, options: PipelineOptions): Promise<Encoding[]> {
    const [own, ...others] = splitEvenly(texts, worthwhileThreads(texts, threads))
    const packed = others.flatMap((share, i) => {
      this.#workers[i] ??= new PoolWorker(this.#json)
      return splitEvenly(share, JOBS_PER_THREAD, 0).map(job => this.#workers[i]!.encode(job, options))
    })
    // Should a text of our own be refused, theirs may be too, with nobody left to hear of it.
    for (const share of packed) share.catch(() => undefined)
    const result = own!.map(text => this.#pipeline.encode(text, options))
    for (const share of packed) {
      for (const encoding of unpackEncodings(await share, this.#pipeline.vocabulary)) result.push(encoding)
    }
    return result
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map(worker => worker.close()))
  }
}

/** How a job ends. */
interface Waiting {
  resolve: (packed: PackedEncodings) => void
  reject: (error: Error) => void
}

class PoolWorker {
  readonly #worker: Worker
  /** Jobs under way; the thread answers them in order. */
  readonly #waiting: Waiting[] = []

  constructor(json: TokenizerJson) {
    const file = import.meta.url.endsWith('.ts') ? './batch-worker.ts' : './batch-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: json })
    this.#worker.on('message', (answer: BatchAnswer) => {
      const { resolve, reject } = this.#waiting.shift()!
      if (this.#waiting.length === 0) this.#worker.unref()
      if ('error' in answer) reject(new TokenizerError(answer.error))
      else resolve(answer.packed)
    })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new TokenizerError('encodeBatch: the worker thread has ended')))
    this.#worker.unref()
  }

  encode(texts: readonly string[], options: PipelineOptions): Promise<PackedEncodings> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ ...shareTexts(texts), options } satisfies BatchJob)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** The texts' units in memory that the thread reads without a copy: far cheaper than sending strings. */
function shareTexts(texts: readonly string[]): { units: Uint16Array; ends: Int32Array } {
  const ends = new Int32Array(texts.length)
  let length = 0
  for (const [i, text] of texts.entries()) {
    length += text.length
    ends[i] = length
  }
  const shared = Buffer.from(new SharedArrayBuffer(length * 2))
  for (const [i, text] of texts.entries()) shared.write(text, i === 0 ? 0 : ends[i - 1]! * 2, 'utf16le')
  return { units: new Uint16Array(shared.buffer), ends }
}
