import type * as tf from '@tensorflow/tfjs-core'

/** Shape and type of a tensor that a function will be given. */
export interface TensorSpec {
  shape: readonly number[]
  dtype: 'float32' | 'int32' | 'bool'
}

/** A function that a runtime has compiled. */
export interface CompiledFunction {
  /** @param inputs arrays for all inputs that are not state @returns arrays of the outputs that are not state */
  run(inputs: Record<string, unknown>): Promise<object>
  dispose(): Promise<void>
}

/**
 * What compiled generation asks of a runtime; `createRuntime` of `@tinystories/compiler` gives one, for Node and for
 * web pages alike. State is named arrays that stay in the runtime: functions read them, and an output whose top-level
 * key is one of the state's replaces it.
 */
export interface GenerationRuntime {
  write(state: object): Promise<void>
  compile(
    fn: (inputs: Record<string, tf.Tensor | Tensors>) => object,
    example: Record<string, TensorSpec | Record<string, TensorSpec>>,
    options?: { state?: readonly string[] },
  ): Promise<CompiledFunction>
  dispose(): Promise<void>
}

/** Nested records of tensors, as a traced function sees them. */
export type Tensors = Record<string, tf.Tensor>
