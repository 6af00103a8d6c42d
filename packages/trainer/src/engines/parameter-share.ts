import * as tf from '@tensorflow/tfjs-core'
import { averagedParameters } from '../optimizers/average-weights.ts'
import { mapRecord, type Optimizer, type OptimizerState } from '../optimizers/optimizer.ts'
import type { ArrayRecord, TensorRecord } from '../types.ts'
import { type ParameterLayout, viewsOf } from './parameter-layout.ts'
import { passingTensors, passingValues, scalarTensors, toTensors } from './tensors.ts'
import { toArrays } from './to-arrays.ts'

/** What all threads of a data-parallel engine see. */
export interface SharedArrays {
  layout: ParameterLayout
  /** The present parameters: each written by its owner between two requests for gradients. */
  parameters: Float32Array
  /** The parameters' averages where the optimizer keeps some. */
  average: Float32Array
  /** Each worker's sum of weighted gradients. */
  gradients: Float32Array[]
  /** The sum of those. */
  total: Float32Array
}

/** The optimizer's state of some parameters, by slot. */
export type Slots = Record<string, ArrayRecord>

/** Who keeps some of the parameters up to date: a worker thread, or the main thread. */
export interface ShareOwner {
  /** Continues from the shared parameters and these slots. */
  load(slots: Slots): Promise<void>
  /** Makes the update of the own parameters from the total of the gradients, and writes them where all see them. */
  update(gradientNorm: number, numbers: Record<string, number>): Promise<void>
  save(): Promise<Slots>
}

/** The share of one owner, on the tfjs backend of its thread. */
export class ParameterShare implements ShareOwner {
  readonly #names: readonly string[]
  readonly #shared: SharedArrays
  readonly #optimizer: Optimizer
  #parameters: TensorRecord = {}
  #slots: OptimizerState = {}

  constructor(names: readonly string[], shared: SharedArrays, optimizer: Optimizer) {
    this.#names = names
    this.#shared = shared
    this.#optimizer = optimizer
  }

  async load(slots: Slots): Promise<void> {
    const { layout, parameters } = this.#shared
    this.release()
    this.#parameters = toTensors(viewsOf(parameters, layout, this.#names), layout.shapes)
    this.#slots = Object.fromEntries(
      Object.entries(slots).map(([slot, arrays]) => [slot, toTensors(arrays, layout.shapes)]),
    )
  }

  async update(gradientNorm: number, numbers: Record<string, number>): Promise<void> {
    const { layout, total } = this.#shared
    const gradients = passingTensors(viewsOf(total, layout, this.#names), layout.shapes)
    const inputs = { norm: tf.scalar(gradientNorm), scalars: scalarTensors(numbers) }
    const parameters = this.#parameters
    const next = tf.tidy(() => {
      const { updates, state } = this.#optimizer.update(gradients, this.#slots, {
        parameters,
        gradientNorm: inputs.norm,
        scalars: inputs.scalars,
      })
      return { parameters: mapRecord(parameters, (p, name) => tf.sub(p, updates[name]!)), slots: state }
    })
    tf.dispose([gradients, inputs.norm, inputs.scalars])
    this.release()
    this.#parameters = next.parameters
    this.#slots = next.slots
    await this.#publish(next.parameters, this.#shared.parameters)
    await this.#publish(averagedParameters(next.parameters, next.slots) ?? {}, this.#shared.average)
  }

  async save(): Promise<Slots> {
    const slots: Slots = {}
    for (const [slot, tensors] of Object.entries(this.#slots)) slots[slot] = await toArrays(tensors)
    return slots
  }

  release(): void {
    tf.dispose(this.#parameters)
    tf.dispose(this.#slots)
    this.#parameters = {}
    this.#slots = {}
  }

  async #publish(tensors: TensorRecord, to: Float32Array): Promise<void> {
    for (const [name, tensor] of Object.entries(tensors)) {
      to.set(await passingValues(tensor), this.#shared.layout.offsets[name]!)
    }
  }
}
