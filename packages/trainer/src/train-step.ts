import * as tf from '@tensorflow/tfjs-core'
import type { Optimizer, OptimizerState } from './optimizers/optimizer.ts'
import type { BatchTensors, TensorRecord, TrainableModel } from './types.ts'

export interface TrainStepInputs {
  parameters: TensorRecord
  optimizer: OptimizerState
  batch: BatchTensors
  scalars: Record<string, tf.Scalar>
}

export interface TrainStepOutputs {
  parameters: TensorRecord
  optimizer: OptimizerState
  loss: tf.Scalar
  gradientNorm: tf.Scalar
}

/**
 * A whole training step - forward, backward, update - as one pure function of tensors. Every engine runs this
 * same function; the compiled one traces it once.
 */
export function makeTrainStep(
  model: TrainableModel,
  optimizer: Optimizer,
): (inputs: TrainStepInputs) => TrainStepOutputs {
  return ({ parameters, optimizer: state, batch, scalars }) => {
    const names = Object.keys(parameters)
    const toRecord = (tensors: tf.Tensor[]): TensorRecord =>
      Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      model.loss(toRecord(tensors), batch),
    )(names.map(name => parameters[name]!))
    const gradients = toRecord(grads)
    const gradientNorm = globalNorm(gradients)
    const { updates, state: nextState } = optimizer.update(gradients, state, {
      parameters,
      gradientNorm,
      scalars,
    })
    const next: TensorRecord = {}
    for (const name of names) next[name] = tf.sub(parameters[name]!, updates[name]!)
    return { parameters: next, optimizer: nextState, loss: value as tf.Scalar, gradientNorm }
  }
}

function globalNorm(gradients: TensorRecord): tf.Scalar {
  const squares = Object.values(gradients).map(gradient => tf.sum(tf.square(gradient)))
  return tf.sqrt(tf.addN(squares)) as tf.Scalar
}
