import { parentPort, workerData } from 'node:worker_threads'
import { arena } from './arena.ts'
import type { BatchAnswer, BatchMessage } from './batch-pool.ts'
import { createScanner } from './create-scanner.ts'
import { encodeUnits } from './encode-units.ts'
import { packEncodings, transferables } from './pack-encodings.ts'
import { Pipeline } from './pipeline.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

const port = parentPort!
const json = workerData as TokenizerJson
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
