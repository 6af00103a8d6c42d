import * as tf from '@tensorflow/tfjs-core'
import { type BackendName, useBackend } from '@tinystories/backends'
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts'
import { toArrays } from '../to-arrays.ts'
import { makeTrainStep } from '../train-step.ts'
import type {
  ArrayRecord,
  BatchTensors,
  Engine,
  EngineState,
  TensorRecord,
  TokenBatch,
  TrainableModel,
} from '../types.ts'

export interface EagerEngineOptions {
  model: TrainableModel
  optimizer: Optimizer
  backend: BackendName
}

/**
 * Runs the step op by op on a tfjs backend. Slower than the compiled engine, but it works wherever tfjs does.
 *
 * @throws what `useBackend` throws when the backend's package is missing.
 */
export async function createEagerEngine({ model, optimizer, backend }: EagerEngineOptions): Promise<Engine> {
  await useBackend(backend)
  const trainStep = makeTrainStep(model, optimizer)
  const shapes = Object.fromEntries(Object.entries(model.parameters).map(([name, p]) => [name, p.shape]))
  let parameters: TensorRecord = {}
  let optimizerState: OptimizerState = {}

  const toTensors = (arrays: ArrayRecord): TensorRecord =>
    // A copy, because the cpu backend keeps the very array that it is given.
    Object.fromEntries(
      Object.entries(arrays).map(([name, values]) => [
        name,
        tf.tensor(values.slice(), shapes[name], 'float32'),
      ]),
    )
  const release = (): void => {
    tf.dispose(parameters)
    tf.dispose(optimizerState)
  }

  return {
    name: backend,
    description: `tfjs ${backend}, op by op`,
    async load(state) {
      release()
      parameters = toTensors(state.parameters)
      optimizerState = Object.fromEntries(
        Object.entries(state.optimizer).map(([slot, arrays]) => [slot, toTensors(arrays)]),
      )
    },
    async step(batch, scalars) {
      const inputs = {
        batch: batchTensors(batch),
        scalars: Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)])),
      }
      const outputs = tf.tidy(() => ({ ...trainStep({ parameters, optimizer: optimizerState, ...inputs }) }))
      tf.dispose(inputs)
      release()
      parameters = outputs.parameters
      optimizerState = outputs.optimizer
      const [loss] = await outputs.loss.data()
      const [gradientNorm] = await outputs.gradientNorm.data()
      tf.dispose([outputs.loss, outputs.gradientNorm])
      return { loss: loss!, gradientNorm: gradientNorm! }
    },
    async evaluate(batch) {
      const tensors = batchTensors(batch)
      const sums = tf.tidy(() => ({ ...model.evaluate(parameters, tensors) }))
      const [nats, tokens, correct] = await Promise.all(
        [sums.nats, sums.tokens, sums.correct].map(async sum => (await sum.data())[0]!),
      )
      tf.dispose([tensors, sums])
      return { nats: nats!, tokens: tokens!, correct: correct! }
    },
    async save(): Promise<EngineState> {
      const optimizerArrays: Record<string, ArrayRecord> = {}
      for (const [slot, tensors] of Object.entries(optimizerState))
        optimizerArrays[slot] = await toArrays(tensors)
      return { parameters: await toArrays(parameters), optimizer: optimizerArrays }
    },
    async dispose() {
      release()
      parameters = {}
      optimizerState = {}
    },
  }
}

function batchTensors(batch: TokenBatch): BatchTensors {
  return {
    inputs: tf.tensor(batch.inputs.slice(), batch.shape, 'int32'),
    targets: tf.tensor(batch.targets.slice(), batch.shape, 'int32'),
    mask: tf.tensor(batch.mask.slice(), batch.shape, 'float32'),
  }
}
