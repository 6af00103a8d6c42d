// Reads inputs in a thread of its own, which watch-reader.ts ends where an input keeps it for too long.
import { parentPort, workerData } from 'node:worker_threads'
import { fuzzReader } from './fuzz-reader.ts'
import { readers } from './readers/index.ts'
import { CURRENT_BYTES, type WorkerTask } from './watch-reader.ts'

const numbers = new Int32Array(workerData, 0, 2)
const bytes = new Uint8Array(workerData, CURRENT_BYTES)
parentPort?.on('message', async ({ name, ...options }: WorkerTask) => {
  const findings = await fuzzReader(readers[name]!, {
    ...options,
    onInput(input, number) {
      const kept = input.subarray(0, bytes.length)
      bytes.set(kept)
      Atomics.store(numbers, 1, kept.length)
      Atomics.store(numbers, 0, number)
    },
  })
  parentPort?.postMessage(findings)
})
