import { parentPort, workerData } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { type BackendName, useBackend } from '@tinystories/backends'
import { serveWorker } from '@tinystories/utils/workers'
import type { OptimizerSource } from '../optimizers/optimizer.ts'
import type { EvaluationSums, ModelFunctions, ModuleSource, TokenBatch } from '../types.ts'
import { importOptimizer, importSource } from './import-source.ts'
import { viewsOf } from './parameter-layout.ts'
import { ParameterShare, type SharedArrays, type Slots } from './parameter-share.ts'
import { type Range, sumGradients } from './sum-gradients.ts'
import { batchTensors, passingTensors, passingValues, scalarOf } from './tensors.ts'
import { createLossAndGradients } from './train-step.ts'

/** What a worker thread of the data-parallel engine is started with. */
export interface ParallelWorkerData {
  source: ModuleSource
  backend: BackendName
  shared: SharedArrays
  /** Which of the workers this is, and so which sum of gradients it writes. */
  index: number
  /** The parameters that it updates; undefined: the main thread updates all of them. */
  share: { names: string[]; optimizer: OptimizerSource } | undefined
}

export type Rows = Omit<TokenBatch, 'bytes'>

interface GradientRequest {
  rows: Rows
  weight: number
  /** Whether a new sum starts. */
  first: boolean
}

interface UpdateRequest {
  gradientNorm: number
  numbers: Record<string, number>
}

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

const methods = {
  /** Adds the weighted gradients of the rows to the worker's sum, or starts a new one with the `first`. @returns their mean loss */
  gradients: ({ rows, weight, first }: GradientRequest): Promise<number> => gradients(rows, weight, first),
  evaluate: ({ rows, weights }: { rows: Rows; weights: 'parameters' | 'average' }): Promise<EvaluationSums> =>
    evaluate(rows, weights),
  sumGradients: ({ used, range }: { used: number; range: Range }): number[] =>
    sumGradients(shared, used, range),
  load: (slots: Slots): Promise<void> => share!.load(slots),
  update: ({ gradientNorm, numbers }: UpdateRequest): Promise<void> => share!.update(gradientNorm, numbers),
  save: (): Promise<Slots> => share!.save(),
  /** Answered once the backend, model and optimizer are loaded. */
  ready: (): void => {},
}
export type ParallelMethods = typeof methods

serveWorker(parentPort!, methods, { sequential: true })
