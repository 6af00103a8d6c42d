// Reads inputs in a thread of its own, which watch-reader.ts ends where an input keeps it for too long.
import { createHash } from 'node:crypto'
import { type ResolveFnOutput, registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { fuzzReader } from './fuzz-reader.ts'
import { readers } from './readers/index.ts'
import { CURRENT_BYTES, type WorkerTask } from './watch-reader.ts'

// Readers import what only some of them need; looking it up again takes longer than reading a small input.
const resolved = new Map<string, ResolveFnOutput>()
registerHooks({
  resolve(specifier, context, next) {
    const key = `${specifier} ${context.parentURL}`
    const found = resolved.get(key) ?? { ...next(specifier, context), shortCircuit: true }
    resolved.set(key, found)
    return found
  },
})

// A digest waits for a thread otherwise.
globalThis.crypto.subtle.digest = async (algorithm, data) => {
  const name = typeof algorithm === 'string' ? algorithm : algorithm.name
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
  return Uint8Array.from(createHash(name.replace('-', '')).update(bytes).digest()).buffer
}

// Readers refuse most inputs, and the stack of an error takes longer than the error.
Error.stackTraceLimit = 4

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
