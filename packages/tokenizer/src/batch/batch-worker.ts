import { parentPort, workerData } from 'node:worker_threads'
import { serveWorker, type Transferred, transferred } from '@tinystories/utils/workers'
import { createPipeline } from '../encoding/create-pipeline.ts'
import type { PipelineOptions } from '../encoding/pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { arena } from '../memory/arena.ts'
import { type PackedEncodings, packEncodings, transferables } from './pack-encodings.ts'

/** Texts for a worker thread: their units end to end in shared memory, and where each ends. */
export interface BatchTexts {
  units: Uint16Array
  ends: Int32Array
  options: PipelineOptions
}

const pipeline = createPipeline(workerData as TokenizerJson)

function encode({ units, ends, options }: BatchTexts): Transferred<PackedEncodings> {
  const allocate = arena()
  const encodings = Array.from(ends, (end, i) =>
    pipeline.encodeUnits(units, i === 0 ? 0 : ends[i - 1]!, end, options, allocate),
  )
  const packed = packEncodings(encodings)
  return transferred(packed, transferables(packed))
}

/** What a worker thread does. */
export interface BatchMethods {
  encode: typeof encode
}

serveWorker<BatchMethods>(parentPort!, { encode })
