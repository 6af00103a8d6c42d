import { parentPort, workerData } from 'node:worker_threads'
import { Pipeline } from '../encoding/pipeline.ts'
import type { WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { arena } from '../memory/arena.ts'
import { createScanner } from '../scanners/create-scanner.ts'
import type { BatchAnswer, BatchMessage } from './batch-pool.ts'
import { encodeUnits } from './encode-units.ts'
import { packEncodings, transferables } from './pack-encodings.ts'

const port = parentPort!
const json = workerData as WordPieceTokenizerJson
const pipeline = new Pipeline(json, createScanner(json))

port.on('message', ({ units, ends, options }: BatchMessage) => {
  try {
    const allocate = arena()
    const encodings = Array.from(ends, (end, i) =>
      encodeUnits(pipeline, units, i === 0 ? 0 : ends[i - 1]!, end, options, allocate),
    )
    const packed = packEncodings(encodings)
    port.postMessage({ packed } satisfies BatchAnswer, transferables(packed) as ArrayBuffer[])
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    port.postMessage({ error: message } satisfies BatchAnswer)
  }
})
