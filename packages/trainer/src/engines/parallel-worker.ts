import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import type { EvaluationSums, ModelFunctions } from '../types.ts'
import { importOptimizer, importSource } from './import-source.ts'
import type { ParallelAnswer, ParallelRequest, ParallelWorkerData, Rows } from './parallel-messages.ts'
import { viewsOf } from './parameter-layout.ts'
import { ParameterShare } from './parameter-share.ts'
import { sumGradients } from './sum-gradients.ts'
import { batchTensors, passingTensors, passingValues, scalarOf } from './tensors.ts'
import { createLossAndGradients } from './train-step.ts'

// By a variable, so that bundlers for pages leave Node's module alone.
const threads = 'node:worker_threads'
const { parentPort, workerData } = (await import(threads)) as typeof import('node:worker_threads')
const { source, backend, shared, index, share: owned } = workerData as ParallelWorkerData
const { layout } = shared

await useBackend(backend)
const model = await importSource<ModelFunctions>(source)
const lossAndGradients = createLossAndGradients(model)
const ownSums = viewsOf(shared.gradients[index]!, layout)
const share = owned && new ParameterShare(owned.names, shared, await importOptimizer(owned.optimizer))

async function gradients(rows: Rows, weight: number, first: boolean): Promise<number> {
  const weights = passingTensors(viewsOf(shared.parameters, layout), layout.shapes)
  const batch = batchTensors(rows)
  try {
    const result = tf.tidy(() => ({ ...lossAndGradients(weights, batch) }))
    for (const name of layout.names) {
      const values = await passingValues(result.gradients[name]!)
      if (first) setWeighted(ownSums[name]!, values, weight)
      else addWeighted(ownSums[name]!, values, weight)
    }
    const loss = await scalarOf(result.loss)
    tf.dispose([result.gradients, result.loss])
    return loss
  } finally {
    tf.dispose([weights, batch])
  }
}

// Two loops, because one with a choice in it takes twice as long.
function setWeighted(sum: Float32Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = weight * values[i]!
}

function addWeighted(sum: Float32Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += weight * values[i]!
}

async function evaluate(rows: Rows, which: 'parameters' | 'average'): Promise<EvaluationSums> {
  const weights = passingTensors(viewsOf(shared[which], layout), layout.shapes)
  const batch = batchTensors(rows)
  const result = tf.tidy(() => ({ ...model.evaluate(weights, batch) }))
  const [nats, tokens, correct] = [
    await scalarOf(result.nats),
    await scalarOf(result.tokens),
    await scalarOf(result.correct),
  ]
  tf.dispose([weights, batch, result])
  return { nats, tokens, correct }
}

async function answer(request: ParallelRequest): Promise<ParallelAnswer> {
  switch (request.kind) {
    case 'gradients':
      return { kind: 'loss', loss: await gradients(request.rows, request.weight, request.first) }
    case 'evaluate':
      return { kind: 'sums', sums: await evaluate(request.rows, request.weights) }
    case 'load':
      await share!.load(request.slots)
      return { kind: 'done' }
    case 'sumGradients':
      return { kind: 'squares', squares: sumGradients(shared, request.used, request.range) }
    case 'update':
      await share!.update(request.gradientNorm, request.numbers)
      return { kind: 'done' }
    case 'save':
      return { kind: 'slots', slots: await share!.save() }
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
parentPort!.postMessage({ kind: 'done' } satisfies ParallelAnswer)
