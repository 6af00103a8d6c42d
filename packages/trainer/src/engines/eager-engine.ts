import * as tf from '@tensorflow/tfjs-core'
import { type BackendName, useBackend } from '@tinystories/backends'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine, TensorRecord, TokenBatch, TrainableModel } from '../types.ts'
import { EagerState } from './eager-state.ts'
import { microBatches } from './micro-batches.ts'
import { batchTensors, scalarOf, scalarTensors } from './tensors.ts'
import { createLossAndGradients, createTrainStep, createUpdate } from './train-step.ts'

/** Options of an engine that runs op by op. */
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
  const trainStep = createTrainStep(model, optimizer)
  const lossAndGradients = createLossAndGradients(model)
  const update = createUpdate(optimizer)
  const state = new EagerState(
    Object.fromEntries(Object.entries(model.parameters).map(([name, p]) => [name, p.shape])),
  )

  /** Adds a batch's weighted gradients to `sums`, which are freed. */
  const accumulate = async (
    sums: TensorRecord | undefined,
    batch: TokenBatch,
    weight: number,
  ): Promise<{ gradients: TensorRecord; loss: number }> => {
    const tensors = batchTensors(batch)
    const { gradients, loss } = tf.tidy(() => {
      const { gradients, loss } = lossAndGradients(state.parameters, tensors)
      const added: TensorRecord = {}
      for (const [name, gradient] of Object.entries(gradients)) {
        const weighted = tf.mul(gradient, weight)
        added[name] = sums ? tf.add(sums[name]!, weighted) : weighted
      }
      return { gradients: added, loss }
    })
    tf.dispose(tensors)
    if (sums) tf.dispose(sums)
    const value = await scalarOf(loss)
    loss.dispose()
    return { gradients, loss: weight * value }
  }

  return {
    name: backend,
    description: `tfjs ${backend}, op by op`,
    async load(loaded) {
      state.load(loaded)
    },
    async step(batch, numbers) {
      const batches = microBatches(batch)
      const scalars = scalarTensors(numbers)
      const { parameters, optimizer } = state
      try {
        if (batches.length === 1) {
          const tensors = batchTensors(batches[0]!.batch)
          const { loss, ...outputs } = tf.tidy(() => ({
            ...trainStep({ parameters, optimizer, batch: tensors, scalars }),
          }))
          tf.dispose(tensors)
          const figures = await state.take(outputs)
          const value = await scalarOf(loss)
          loss.dispose()
          return { loss: value, ...figures }
        }
        let loss = 0
        let gradients: TensorRecord | undefined
        for (const { batch, weight } of batches) {
          const sum = await accumulate(gradients, batch, weight)
          gradients = sum.gradients
          loss += sum.loss
        }
        const outputs = tf.tidy(() => ({
          ...update({ parameters, optimizer, gradients: gradients!, scalars }),
        }))
        tf.dispose(gradients!)
        return { loss, ...(await state.take(outputs)) }
      } finally {
        tf.dispose(scalars)
      }
    },
    async evaluate(batch, weights = 'parameters') {
      const tensors = batchTensors(batch)
      const sums = tf.tidy(() => ({ ...model.evaluate(state.weights(weights), tensors) }))
      const [nats, tokens, correct] = await Promise.all([sums.nats, sums.tokens, sums.correct].map(scalarOf))
      tf.dispose([tensors, sums])
      return { nats: nats!, tokens: tokens!, correct: correct! }
    },
    save: () => state.save(),
    async dispose() {
      state.release()
    },
  }
}
