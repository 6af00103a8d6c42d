import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { makeLossAndGradients } from '../train-step.ts'
import type { ArrayRecord, ModelFunctions } from '../types.ts'
import type { ParallelAnswer, ParallelRequest, ParallelWorkerData } from './parallel-messages.ts'
import { batchTensors, scalarOf, toTensors } from './tensors.ts'

// By a variable, so that bundlers for pages leave Node's module alone.
const threads = 'node:worker_threads'
const { parentPort, workerData } = (await import(threads)) as typeof import('node:worker_threads')
const { source, backend, layout, parameters, average, gradients } = workerData as ParallelWorkerData

await useBackend(backend)
const module = (await import(source.module)) as Record<string, (argument: unknown) => ModelFunctions>
const model = module[source.export]!(source.argument)
const lossAndGradients = makeLossAndGradients(model)

/** Views of the shared arrays by name. */
function views(flat: Float32Array): ArrayRecord {
  return Object.fromEntries(
    layout.names.map(name => {
      const offset = layout.offsets[name]!
      const size = layout.shapes[name]!.reduce((a, b) => a * b, 1)
      return [name, flat.subarray(offset, offset + size)]
    }),
  )
}
const sums = views(gradients)

async function answer(request: ParallelRequest): Promise<ParallelAnswer> {
  const shared = request.kind === 'evaluate' && request.weights === 'average' ? average : parameters
  const weights = toTensors(views(shared), layout.shapes)
  const batch = batchTensors(request.rows)
  try {
    if (request.kind === 'evaluate') {
      const result = tf.tidy(() => ({ ...model.evaluate(weights, batch) }))
      const [nats, tokens, correct] = [
        await scalarOf(result.nats),
        await scalarOf(result.tokens),
        await scalarOf(result.correct),
      ]
      tf.dispose(result)
      return { kind: 'sums', sums: { nats, tokens, correct } }
    }
    const result = tf.tidy(() => ({ ...lossAndGradients(weights, batch) }))
    for (const name of layout.names) {
      const values = await result.gradients[name]!.data()
      const sum = sums[name]!
      const { first, weight } = request
      for (let i = 0; i < sum.length; i++) sum[i] = (first ? 0 : sum[i]!) + weight * values[i]!
    }
    const loss = await scalarOf(result.loss)
    tf.dispose([result.gradients, result.loss])
    return { kind: 'loss', loss }
  } finally {
    tf.dispose([weights, batch])
  }
}

parentPort!.on('message', (request: ParallelRequest) => {
  answer(request).then(
    message => parentPort!.postMessage(message),
    error =>
      parentPort!.postMessage({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      } satisfies ParallelAnswer),
  )
})
parentPort!.postMessage({ kind: 'ready' } satisfies ParallelAnswer)
