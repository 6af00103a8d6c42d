/**
 * Run by a test as a process of its own, with `--expose-gc`: prints, as JSON, the resident bytes after each round of
 * what its argument names.
 */
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** A state of 32 MB. */
const spec = { shape: [2048, 4096], dtype: 'float32' } as const
type Inputs = { state: { w: tf.Tensor }; x: tf.Tensor }

/** New state from old, by way of temporaries that are as large. */
const step = ({ state, x }: Inputs): { state: { w: tf.Tensor }; mean: tf.Tensor } => {
  const w = tf.add(tf.tanh(tf.mul(state.w, x)), tf.sigmoid(tf.sub(state.w, x)))
  return { state: { w }, mean: tf.mean(tf.exp(w)) }
}

async function compileAndRun(runtime: Runtime, steps: number): Promise<void> {
  const compiled = await runtime.compile(
    step,
    { state: { w: spec }, x: { shape: [], dtype: 'float32' } },
    { state: ['state'] },
  )
  for (let i = 0; i < steps; i++) await compiled.run({ x: Float32Array.of(0.5) })
  await compiled.dispose()
}

async function withRuntime(work: (runtime: Runtime) => Promise<void>): Promise<void> {
  const runtime = await createRuntime({ threads: 2 })
  await runtime.write({ state: { w: new Float32Array(2048 * 4096).fill(0.1) } })
  await work(runtime)
  await runtime.dispose()
}

const resident: number[] = []
function note(): void {
  ;(globalThis as unknown as { gc(): void }).gc()
  resident.push(process.memoryUsage().rss)
}

await useBackend('cpu')
const rounds = 6
if (process.argv[2] === 'runtimes') {
  for (let round = 0; round < rounds; round++) {
    await withRuntime(runtime => compileAndRun(runtime, 2))
    note()
  }
} else if (process.argv[2] === 'functions') {
  await withRuntime(async runtime => {
    for (let round = 0; round < rounds; round++) {
      await compileAndRun(runtime, 2)
      note()
    }
  })
} else {
  const runtime = await createRuntime({ threads: 2 })
  const small = { shape: [64, 64], dtype: 'float32' } as const
  await runtime.write({ state: { w: new Float32Array(64 * 64).fill(0.1) } })
  const compiled = await runtime.compile(
    step,
    { state: { w: small }, x: { shape: [], dtype: 'float32' } },
    { state: ['state'] },
  )
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 200; i++) await compiled.run({ x: Float32Array.of(0.5) })
    note()
  }
  await runtime.dispose()
}
process.stdout.write(JSON.stringify(resident))
