import * as tf from '@tensorflow/tfjs-core'
import { type GptModel, parameterShapes } from '@tinystories/model'
import type { OpenModel } from '../models/open-model.ts'
import { startTfjs } from './engine.ts'

/** A model as tensors of the tfjs backend in force. */
export class TfjsModel implements GptModel {
  readonly config: GptModel['config']
  readonly parameters: GptModel['parameters']
  /** What computes, in words for the visitor. */
  readonly backend: string

  private constructor(config: GptModel['config'], parameters: GptModel['parameters'], backend: string) {
    this.config = config
    this.parameters = parameters
    this.backend = backend
  }

  static async load({ config, parameters }: Pick<OpenModel, 'config' | 'parameters'>): Promise<TfjsModel> {
    const backend = await startTfjs()
    const shapes = parameterShapes(config)
    const tensors = Object.entries(parameters).map(([name, values]) => [
      name,
      tf.tensor(values, shapes[name]!, 'float32'),
    ])
    return new TfjsModel(config, Object.fromEntries(tensors), backend)
  }

  dispose(): void {
    tf.dispose(this.parameters)
  }
}
