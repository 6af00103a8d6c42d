import * as tf from '@tensorflow/tfjs-core'
import {
  adapterShapes,
  initAdapter,
  initParameterArrays,
  mergeAdapter,
  parameterShapes,
} from '@tinystories/model'
import { baseParameters, saveAdapter } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { ArrayRecord, Optimizer, TrainableModel } from '@tinystories/trainer'
import { saveModel } from '../model/save-model.ts'
import { createOptimizer } from '../recipe/optimizer.ts'
import { trainableModel } from '../recipe/trainable-model.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunSettings } from './run-settings.ts'

/** What an engine trains: the model of a run, and which of its parameters stay as they are. */
export interface RunModel {
  model: TrainableModel
  optimizer: Optimizer
  /** Patterns of names. */
  freeze: readonly string[]
}

/** The model of a run before its first step. @param weights to start from. Default: random ones */
export function runModel(settings: RunSettings, weights?: ArrayRecord): RunModel {
  const { model: config, adapter, seed, keptSteps } = settings
  const base = parameterShapes(config)
  const shapes = adapter ? { ...base, ...adapterShapes(config, adapter) } : base
  const arrays: ArrayRecord = {
    ...(weights ?? initParameterArrays(config, seed)),
    ...(adapter ? initAdapter(config, adapter, seed) : {}),
  }
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(arrays[name]!, shape, 'float32')]),
  )
  const optimizer = createOptimizer(settings)
  return {
    model: trainableModel(config, parameters, settings),
    // A kept state goes on counting its steps: its moments need no correction for a beginning.
    optimizer:
      keptSteps === null ? optimizer : { ...optimizer, scalars: step => optimizer.scalars(step + keptSteps) },
    freeze: adapter ? Object.keys(base) : settings.freeze,
  }
}

/** The parameters of the model itself, with the adapter of the run added where it has one. */
export function wholeParameters({ model, adapter }: RunSettings, parameters: ArrayRecord): ArrayRecord {
  return adapter ? mergeAdapter(model, adapter, parameters) : parameters
}

/** Parameters as the engine of a run takes them, of a whole model: an adapter then adds nothing. */
export function engineParameters({ model, adapter, seed }: RunSettings, whole: ArrayRecord): ArrayRecord {
  return adapter ? { ...whole, ...initAdapter(model, adapter, seed) } : whole
}

/** Saves what a run has learnt: the whole model, and beside it the adapter where that alone was trained. */
export async function saveRunModel(
  run: RunFolder,
  settings: RunSettings,
  parameters: ArrayRecord,
  tokenizer: Tokenizer,
): Promise<void> {
  const { model: config, adapter, instruct, from } = settings
  const whole = wholeParameters(settings, parameters)
  await saveModel(run.model, { config, parameters: whole, tokenizer, template: instruct?.template })
  if (!adapter) return
  const base = { config, parameters: baseParameters(config, parameters) }
  const own = Object.keys(adapterShapes(config, adapter)).map(name => [name, parameters[name]!])
  await saveAdapter(run.adapter, { config: adapter, parameters: Object.fromEntries(own) }, base, from)
}
