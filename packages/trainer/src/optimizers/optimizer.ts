import type { Scalar } from '@tensorflow/tfjs-core'
import type { ModuleSource, TensorRecord } from '../types.ts'

/** State by slot; each slot is a record with the parameters' names and shapes. */
export type OptimizerState = Record<string, TensorRecord>

/**
 * Where worker threads find the same optimizer, or the transforms of a chain in their order: a function cannot be sent
 * to a thread.
 */
export type OptimizerSource = ModuleSource | readonly OptimizerSource[]

/** What an update may use in addition to gradients and its own state. */
export interface UpdateContext {
  parameters: TensorRecord
  /** Global L2 norm of the raw gradients. */
  gradientNorm: Scalar
  /** float32 scalars: `learningRate` and what {@link Optimizer.scalars} names. */
  scalars: Record<string, Scalar>
}

/**
 * A gradient transform, as in optax: takes updates (at first the gradients) and returns new ones.
 * Pure tfjs-core, so that it is traced into the compiled step together with the model. The trainer subtracts the
 * last transform's updates from the parameters.
 */
export interface Optimizer {
  init(parameters: TensorRecord): OptimizerState
  update(
    updates: TensorRecord,
    state: OptimizerState,
    context: UpdateContext,
  ): { updates: TensorRecord; state: OptimizerState }
  /**
   * Numbers that change with the step (from 1), such as bias corrections. They are computed here in double
   * precision, not in the graph, where `1 - beta2 ** step` would lose most of its digits in float32.
   */
  scalars(step: number): Record<string, number>
  /**
   * With it each worker thread of a data-parallel engine updates a share of the parameters: `update` then sees that
   * share alone, whole parameters of it. Without it the main thread updates them all.
   */
  readonly source?: OptimizerSource
}

export function mapRecord(
  record: TensorRecord,
  fn: (tensor: TensorRecord[string], name: string) => TensorRecord[string],
): TensorRecord {
  return Object.fromEntries(Object.entries(record).map(([name, tensor]) => [name, fn(tensor, name)]))
}
