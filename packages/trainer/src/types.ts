import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { BackendName } from '@tinystories/backends'

/** Named tensors; a model's parameters, or one slot of an optimizer's state (same names, same shapes). */
export type TensorRecord = Record<string, Tensor>

/** Named float32 arrays in row-major order: what a {@link TensorRecord} is outside an engine. */
export type ArrayRecord = Record<string, Float32Array>

/**
 * The tensors of one batch as a model's loss takes them. A loss that {@link ModelFunctions.isRandom} finds a float32 scalar
 * `seed` beside them, another for each batch of a training.
 */
export interface BatchTensors extends Record<string, Tensor> {
  /** int32 `[B, T]` token ids. */
  inputs: Tensor
  /** int32 `[B, T]`: the token that follows each input. */
  targets: Tensor
  /** float32 `[B, T]`: the weight of each target in the loss, 0 for padding. */
  mask: Tensor
}

/** One batch as it comes out of a dataset. `@tinystories/dataset` gives exactly this. */
export interface TokenBatch {
  /** `[B * T]`, row-major. */
  inputs: Int32Array
  targets: Int32Array
  mask: Float32Array
  shape: [number, number]
  /** What a loss with random numbers draws them from: a whole number below 2^24. The trainer sets it. */
  seed?: number
  /** UTF-8 bytes of the original text that the batch stands for. */
  bytes: number
}

/** Sums over the counted targets of a batch. */
export interface EvaluationTensors extends Record<string, Tensor> {
  /** Sum of the negative log-likelihoods, in nats. */
  nats: Scalar
  /** How many targets counted. */
  tokens: Scalar
  /** How many of them were the most probable token. */
  correct: Scalar
}

/**
 * What the trainer needs of a model. Both functions are pure tfjs-core: no reading of values, no tensors from
 * outside, so that the compiled engine can trace them.
 */
export interface TrainableModel extends ModelFunctions {
  parameters: TensorRecord
  /** Where worker threads find the same functions; only data-parallel engines need it. */
  source?: ModuleSource
}

/** A function cannot be sent to a worker thread, so the thread imports a module and calls what it exports. */
export interface ModuleSource {
  /** URL of the module, such as `import.meta.url` of the one that makes the model. */
  module: string
  /** Name of a function in it that takes `argument` and returns what is wanted: {@link ModelFunctions} for a model. */
  export: string
  /** JSON or anything else that a worker's `postMessage` takes. */
  argument: unknown
}

/** A model as two pure functions of tensors. */
export interface ModelFunctions {
  /** Whether the loss reads `batch.seed`, as with dropout. Default false. */
  readonly isRandom?: boolean
  /** Mean loss of the counted targets, in nats. */
  loss(parameters: TensorRecord, batch: BatchTensors): Scalar
  evaluate(parameters: TensorRecord, batch: BatchTensors): EvaluationTensors
}

/** A stream of batches that can say where it stands and start again from there. */
export interface BatchStream {
  iterate(options?: { from?: unknown; signal?: AbortSignal }): BatchCursor
}

/** One pass over a {@link BatchStream}. */
export interface BatchCursor extends AsyncIterator<TokenBatch> {
  /** JSON that makes `iterate({ from })` continue after the last batch that was taken. */
  state(): unknown
}

/** Everything an engine holds that a checkpoint must keep. */
export interface EngineState {
  parameters: ArrayRecord
  /** Optimizer state by slot, such as `{ firstMoment: {...}, secondMoment: {...} }`. */
  optimizer: Record<string, ArrayRecord>
}

/** What an engine reports of a step. */
export interface StepResult {
  /** Mean loss of the batch before the update, in nats a token. */
  loss: number
  /** Global L2 norm of the gradients before clipping. */
  gradientNorm: number
  /** The parameter whose gradient has the largest L2 norm, or the first whose gradient is not a number. */
  largestGradient: { parameter: string; norm: number }
}

/** Sums over the counted targets of a batch: negative log-likelihood in nats, tokens, and how many were right. */
export interface EvaluationSums {
  nats: number
  tokens: number
  correct: number
}

/** Options of an engine's `load`. */
export interface LoadOptions {
  /** Whether the arrays may move to the engine, which saves their memory: they may be empty then. Default false. */
  transfer?: boolean
}

/** What computes: whole steps compiled into one ONNX graph, or op by op on a tfjs backend. */
export type EngineName = 'compiled' | BackendName

/** An engine that `auto` tried and could not use. */
export interface SkippedEngine {
  name: EngineName
  error: Error
}

/** Runs training steps somewhere: see `engines/`. Calls must not overlap. */
export interface Engine {
  readonly name: string
  /** One line for people: what runs where. */
  readonly description: string
  /** Threads that compute, where the engine knows. */
  readonly threads?: number
  load(state: EngineState, options?: LoadOptions): Promise<void>
  /**
   * One update of the parameters.
   *
   * @param batch several are one step on all of them, their gradients weighted by their counted targets, so that the
   *   step equals one on a single large batch up to rounding
   * @param scalars the optimizer's inputs of this step: `learningRate` and what `optimizer.scalars(step)` gives
   */
  step(batch: TokenBatch | readonly TokenBatch[], scalars: Record<string, number>): Promise<StepResult>
  /** @param weights `average` takes what `averageWeights` keeps instead of the parameters. Default `parameters`. */
  evaluate(batch: TokenBatch, weights?: 'parameters' | 'average'): Promise<EvaluationSums>
  /** A copy of the present state. */
  save(): Promise<EngineState>
  dispose(): Promise<void>
}
