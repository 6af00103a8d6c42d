import * as tf from '@tensorflow/tfjs-core'
import { averagedParameters } from '../optimizers/average-weights.ts'
import type { OptimizerState } from '../optimizers/optimizer.ts'
import type { ArrayRecord, EngineState, StepResult, TensorRecord } from '../types.ts'
import { largestGradient } from './largest-gradient.ts'
import { scalarOf, toTensors } from './tensors.ts'
import { toArrays } from './to-arrays.ts'
import type { UpdateOutputs } from './train-step.ts'

/** What an engine on a tfjs backend holds between two steps. */
export class EagerState {
  parameters: TensorRecord = {}
  optimizer: OptimizerState = {}
  readonly #shapes: Record<string, number[]>

  constructor(shapes: Record<string, number[]>) {
    this.#shapes = shapes
  }

  load(state: EngineState): void {
    this.release()
    this.parameters = toTensors(state.parameters, this.#shapes)
    this.optimizer = Object.fromEntries(
      Object.entries(state.optimizer).map(([slot, arrays]) => [slot, toTensors(arrays, this.#shapes)]),
    )
  }

  /** Takes a step's outputs over and reads its figures. */
  async take(outputs: UpdateOutputs): Promise<Omit<StepResult, 'loss'>> {
    this.release()
    this.parameters = outputs.parameters
    this.optimizer = outputs.optimizer
    const gradientNorm = await scalarOf(outputs.gradientNorm)
    const squares = await outputs.gradientSquares.data()
    tf.dispose([outputs.gradientNorm, outputs.gradientSquares])
    return { gradientNorm, largestGradient: largestGradient(Object.keys(this.parameters), squares) }
  }

  weights(which: 'parameters' | 'average'): TensorRecord {
    return which === 'parameters' ? this.parameters : averagedParameters(this.parameters, this.optimizer)!
  }

  async save(): Promise<EngineState> {
    const optimizer: Record<string, ArrayRecord> = {}
    for (const [slot, tensors] of Object.entries(this.optimizer)) optimizer[slot] = await toArrays(tensors)
    return { parameters: await toArrays(this.parameters), optimizer }
  }

  release(): void {
    tf.dispose(this.parameters)
    tf.dispose(this.optimizer)
    this.parameters = {}
    this.optimizer = {}
  }
}
