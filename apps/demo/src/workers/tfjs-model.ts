import * as tf from '@tensorflow/tfjs-core'
import { type GptModel, parameterShapes } from '@tinystories/model'
import type { OpenModel } from '../models/open-model.ts'
import { startTfjs } from './engine.ts'

/** A head, by its layer and its place in it. */
export interface HeadPlace {
  layer: number
  head: number
}

/** A model as tensors of the tfjs backend in force. */
export class TfjsModel implements GptModel {
  readonly config: GptModel['config']
  readonly parameters: GptModel['parameters']
  /** What computes, in words for the visitor. */
  readonly backend: string
  #ablated: { key: string; model: GptModel } | undefined

  private constructor(config: GptModel['config'], parameters: GptModel['parameters'], backend: string) {
    this.config = config
    this.parameters = parameters
    this.backend = backend
  }

  static async load({ config, parameters }: OpenModel): Promise<TfjsModel> {
    const backend = await startTfjs()
    const shapes = parameterShapes(config)
    const tensors = Object.entries(parameters).map(([name, values]) => [
      name,
      tf.tensor(values, shapes[name]!, 'float32'),
    ])
    return new TfjsModel(config, Object.fromEntries(tensors), backend)
  }

  /**
   * The model without what these heads write: the rows of the output projection that read a head are 0, which leaves
   * out exactly its share of the sum.
   */
  ablated(heads: readonly HeadPlace[]): GptModel {
    if (heads.length === 0) return this
    const key = JSON.stringify(heads)
    if (this.#ablated?.key !== key) {
      this.#dropAblated()
      const parameters = { ...this.parameters }
      const size = this.config.hiddenSize / this.config.heads
      for (const layer of new Set(heads.map(place => place.layer))) {
        const keep = new Float32Array(this.config.hiddenSize).fill(1)
        for (const place of heads) {
          if (place.layer === layer) keep.fill(0, place.head * size, (place.head + 1) * size)
        }
        const name = `layers.${layer}.attention.output.weight`
        parameters[name] = tf.tidy(() => tf.mul(this.parameters[name]!, tf.tensor2d(keep, [keep.length, 1])))
      }
      this.#ablated = { key, model: { config: this.config, parameters } }
    }
    return this.#ablated.model
  }

  dispose(): void {
    this.#dropAblated()
    tf.dispose(this.parameters)
  }

  #dropAblated(): void {
    if (!this.#ablated) return
    for (const [name, tensor] of Object.entries(this.#ablated.model.parameters)) {
      if (tensor !== this.parameters[name]) tensor.dispose()
    }
    this.#ablated = undefined
  }
}
