import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { nameMatcher } from '../optimizers/name-matcher.ts'
import { mapRecord, type Optimizer, type OptimizerSource } from '../optimizers/optimizer.ts'
import { partition } from '../optimizers/partition.ts'
import type { ModelFunctions, ModuleSource, TensorRecord, TrainableModel } from '../types.ts'
import { importOptimizer, importSource } from './import-source.ts'

/** Patterns of parameters' names, in which `*` stands for any characters: `layers.0.*`. */
export type FreezePatterns = readonly string[]

/**
 * A model and optimizer that leave the parameters of some names as they are: these have no gradient, do not count in the
 * gradient norm, have no state in the optimizer and do not decay.
 *
 * @throws TrainerError `invalid-option` for a pattern that matches nothing, or patterns that match everything
 */
export function freeze(
  patterns: FreezePatterns,
  model: TrainableModel,
  optimizer: Optimizer,
): { model: TrainableModel; optimizer: Optimizer } {
  const names = Object.keys(model.parameters)
  for (const pattern of patterns)
    checkOption('freeze', pattern, names.some(nameMatcher([pattern])), 'a pattern that matches a parameter')
  const isOpen = !names.every(nameMatcher(patterns))
  checkOption('freeze', patterns.join(', '), isOpen, 'patterns that leave some parameters to train')
  const { source } = model
  return {
    model: {
      ...model,
      ...frozenFunctions(model, patterns),
      ...(source && { source: sourceOf('importFrozenModel', { source, patterns }) }),
    },
    optimizer: frozenOptimizer(optimizer, patterns),
  }
}

/** For worker threads. */
export async function importFrozenModel({
  source,
  patterns,
}: {
  source: ModuleSource
  patterns: FreezePatterns
}): Promise<ModelFunctions> {
  return frozenFunctions(await importSource<ModelFunctions>(source), patterns)
}

/** For worker threads. */
export async function importFrozenOptimizer({
  source,
  patterns,
}: {
  source: OptimizerSource
  patterns: FreezePatterns
}): Promise<Optimizer> {
  return frozenOptimizer(await importOptimizer(source), patterns)
}

function frozenFunctions({ loss, evaluate }: ModelFunctions, patterns: FreezePatterns): ModelFunctions {
  const isFrozen = nameMatcher(patterns)
  const withoutGradient = tf.customGrad(x => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))
  return {
    evaluate,
    loss: (parameters, batch) =>
      loss(
        mapRecord(parameters, (p, name) => (isFrozen(name) ? withoutGradient(p) : p)),
        batch,
      ),
  }
}

function frozenOptimizer(optimizer: Optimizer, patterns: FreezePatterns): Optimizer {
  const none: Optimizer = {
    init: () => ({}),
    update: (updates: TensorRecord) => ({ updates: mapRecord(updates, u => tf.zerosLike(u)), state: {} }),
    scalars: () => ({}),
  }
  const { source } = optimizer
  return {
    ...partition(nameMatcher(patterns), none, optimizer),
    ...(source && { source: sourceOf('importFrozenOptimizer', { source, patterns }) }),
  }
}

function sourceOf(name: string, argument: unknown): ModuleSource {
  return { module: import.meta.url, export: name, argument }
}
