import * as tf from '@tensorflow/tfjs-core'
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts'
import type { BatchTensors, ModelFunctions, TensorRecord } from '../types.ts'

/** What a training step reads. */
export interface TrainStepInputs {
  parameters: TensorRecord
  optimizer: OptimizerState
  batch: BatchTensors
  scalars: Record<string, tf.Scalar>
}

/** What an update reads, once the gradients are there. */
export interface UpdateInputs extends Omit<TrainStepInputs, 'batch'> {
  gradients: TensorRecord
}

/** What an update gives. */
export interface UpdateOutputs {
  parameters: TensorRecord
  optimizer: OptimizerState
  /** Global L2 norm of the gradients. */
  gradientNorm: tf.Scalar
  /** `[number of parameters]`: the sum of the squares of each one's gradient. */
  gradientSquares: tf.Tensor1D
}

/** What a training step gives. */
export interface TrainStepOutputs extends UpdateOutputs {
  loss: tf.Scalar
}

/**
 * A whole training step - forward, backward, update - as one pure function of tensors. Every engine runs this
 * same function; the compiled one traces it once.
 */
export function createTrainStep(
  model: ModelFunctions,
  optimizer: Optimizer,
): (inputs: TrainStepInputs) => TrainStepOutputs {
  const lossAndGradients = createLossAndGradients(model)
  const update = createUpdate(optimizer)
  return ({ parameters, optimizer: state, batch, scalars }) => {
    const { loss, gradients } = lossAndGradients(parameters, batch)
    return { ...update({ parameters, optimizer: state, gradients, scalars }), loss }
  }
}

/** The first half of a step: forward and backward. */
export function createLossAndGradients(
  model: ModelFunctions,
): (parameters: TensorRecord, batch: BatchTensors) => { loss: tf.Scalar; gradients: TensorRecord } {
  return (parameters, batch) => {
    const names = Object.keys(parameters)
    const toRecord = (tensors: tf.Tensor[]): TensorRecord =>
      Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
    const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      model.loss(toRecord(tensors), batch),
    )(names.map(name => parameters[name]!))
    return { loss: value as tf.Scalar, gradients: toRecord(grads) }
  }
}

/** The second half: new parameters from gradients. */
export function createUpdate(optimizer: Optimizer): (inputs: UpdateInputs) => UpdateOutputs {
  return ({ parameters, optimizer: state, gradients, scalars }) => {
    const squares = Object.keys(parameters).map(name => tf.sum(tf.square(gradients[name]!)))
    const gradientNorm = tf.sqrt(tf.addN(squares)) as tf.Scalar
    const { updates, state: nextState } = optimizer.update(gradients, state, {
      parameters,
      gradientNorm,
      scalars,
    })
    const next: TensorRecord = {}
    for (const name of Object.keys(parameters)) next[name] = tf.sub(parameters[name]!, updates[name]!)
    return {
      parameters: next,
      optimizer: nextState,
      gradientNorm,
      gradientSquares: tf.stack(squares) as tf.Tensor1D,
    }
  }
}
