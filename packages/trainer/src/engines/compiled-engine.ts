import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@tinystories/backends'
import { type Compiled, createRuntime, type RuntimeOptions, type TensorSpec } from '@tinystories/compiler'
import { averagedParameters, isAverageSlot } from '../optimizers/average-weights.ts'
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts'
import type { ArrayRecord, Engine, EngineState, TensorRecord, TokenBatch, TrainableModel } from '../types.ts'
import { largestGradient } from './largest-gradient.ts'
import { microBatches } from './micro-batches.ts'
import {
  createLossAndGradients,
  createTrainStep,
  createUpdate,
  type TrainStepInputs,
  type UpdateInputs,
} from './train-step.ts'

/** Options of the engine `compiled`. */
export interface CompiledEngineOptions {
  model: TrainableModel
  optimizer: Optimizer
  /** Threads of ONNX Runtime. Default: the compiler's, one for each core. */
  threads?: number
  /** Which ONNX Runtime, on which providers. Default: the compiler's, by the place where this runs. */
  runtime?: Omit<RuntimeOptions, 'threads'>
}

type AccumulateInputs = TrainStepInputs & { gradients: TensorRecord }

/**
 * Traces the whole training step into one ONNX graph and runs it on ONNX Runtime in a worker thread, where the
 * parameters and the optimizer's state stay. A graph is made once for each shape of batch. Steps of several batches
 * take two graphs: one that adds up gradients, one that updates.
 *
 * @throws what `createRuntime` throws when onnxruntime-node is missing.
 */
export async function createCompiledEngine({
  model,
  optimizer,
  threads,
  runtime: runtimeOptions,
}: CompiledEngineOptions): Promise<Engine> {
  registerGradients()
  const runtime = await createRuntime({ ...runtimeOptions, ...(threads === undefined ? {} : { threads }) })
  const names = Object.keys(model.parameters)
  const parameterSpecs = specs(model.parameters)
  const optimizerSpecs = optimizerSpecsOf(optimizer, model.parameters)
  const averageSpecs = Object.fromEntries(
    Object.entries(optimizerSpecs).filter(([slot]) => isAverageSlot(slot)),
  )
  const graphs = new Map<string, Promise<Compiled>>()
  const graph = (key: string, make: () => Promise<Compiled>): Promise<Compiled> => {
    const made = graphs.get(key) ?? make()
    graphs.set(key, made)
    return made
  }

  const fusedStep = (shape: TokenBatch['shape'], scalars: string[]): Promise<Compiled> =>
    graph(`step ${shape}`, () => {
      const trainStep = createTrainStep(model, optimizer)
      return runtime.compile(
        inputs => ({ ...trainStep(withOptimizer(inputs as unknown as TrainStepInputs)) }),
        {
          parameters: parameterSpecs,
          optimizer: optimizerSpecs,
          batch: batchSpecs(shape, model.isRandom),
          scalars: scalarSpecs(scalars),
        },
        { state: ['parameters', 'optimizer'] },
      )
    })
  const accumulate = (shape: TokenBatch['shape']): Promise<Compiled> =>
    graph(`accumulate ${shape}`, () => {
      const lossAndGradients = createLossAndGradients(model)
      return runtime.compile(
        inputs => {
          const { parameters, gradients: sums, batch, scalars } = inputs as unknown as AccumulateInputs
          const { loss, gradients } = lossAndGradients(parameters, batch)
          const next: TensorRecord = {}
          for (const name of names) {
            const before = tf.mul(sums[name]!, scalars.keep!)
            next[name] = tf.add(before, tf.mul(gradients[name]!, scalars.weight!))
          }
          return { gradients: next, loss }
        },
        {
          parameters: parameterSpecs,
          gradients: parameterSpecs,
          batch: batchSpecs(shape, model.isRandom),
          scalars: scalarSpecs(['keep', 'weight']),
        },
        { state: ['parameters', 'gradients'] },
      )
    })
  const update = (scalars: string[]): Promise<Compiled> =>
    graph('update', () => {
      const apply = createUpdate(optimizer)
      return runtime.compile(
        inputs => ({ ...apply(withOptimizer(inputs as unknown as UpdateInputs)) }),
        {
          parameters: parameterSpecs,
          optimizer: optimizerSpecs,
          gradients: parameterSpecs,
          scalars: scalarSpecs(scalars),
        },
        { state: ['parameters', 'optimizer', 'gradients'] },
      )
    })
  const evaluation = (shape: TokenBatch['shape'], weights: 'parameters' | 'average'): Promise<Compiled> =>
    graph(`evaluate ${weights} ${shape}`, () =>
      weights === 'parameters'
        ? runtime.compile(
            inputs => {
              const { parameters, batch } = inputs as unknown as TrainStepInputs
              return { ...model.evaluate(parameters, batch) }
            },
            { parameters: parameterSpecs, batch: batchSpecs(shape) },
            { state: ['parameters'] },
          )
        : runtime.compile(
            inputs => {
              const { parameters, optimizer, batch } = inputs as unknown as TrainStepInputs
              return { ...model.evaluate(averagedParameters(parameters, optimizer)!, batch) }
            },
            { parameters: parameterSpecs, optimizer: averageSpecs, batch: batchSpecs(shape) },
            { state: ['parameters', 'optimizer'] },
          ),
    )

  /** Sums for steps of several batches are allocated with the first such step, and again after a load. */
  let sumsReady = false
  const accumulated = async (
    batches: { batch: TokenBatch; weight: number }[],
    scalars: Record<string, number>,
  ): Promise<Record<string, unknown>> => {
    if (!sumsReady) {
      const zeros = Object.entries(model.parameters).map(([name, p]) => [name, new Float32Array(p.size)])
      await runtime.write({ gradients: Object.fromEntries(zeros) as ArrayRecord })
      sumsReady = true
    }
    let loss = 0
    for (const [i, { batch, weight }] of batches.entries()) {
      const outputs = await (await accumulate(batch.shape)).run({
        batch: batchArrays(batch, model.isRandom),
        scalars: scalarArrays({ keep: i === 0 ? 0 : 1, weight }),
      })
      loss += weight * first(outputs.loss)
    }
    const outputs = await (await update(Object.keys(scalars))).run({ scalars: scalarArrays(scalars) })
    return { ...outputs, loss: [loss] }
  }

  return {
    name: 'compiled',
    threads: runtime.threads,
    description: `one ONNX graph on ONNX Runtime, ${runtime.threads} thread${runtime.threads === 1 ? '' : 's'}`,
    async load({ parameters, optimizer }, options) {
      sumsReady = false
      await runtime.write({ parameters, optimizer }, options)
    },
    async step(batch, scalars) {
      const batches = microBatches(batch)
      const outputs: Record<string, unknown> =
        batches.length > 1
          ? await accumulated(batches, scalars)
          : await (await fusedStep(batches[0]!.batch.shape, Object.keys(scalars))).run({
              batch: batchArrays(batches[0]!.batch, model.isRandom),
              scalars: scalarArrays(scalars),
            })
      return {
        loss: first(outputs.loss),
        gradientNorm: first(outputs.gradientNorm),
        largestGradient: largestGradient(names, outputs.gradientSquares as ArrayLike<number>),
      }
    },
    async evaluate(batch, weights = 'parameters') {
      const sums = await (await evaluation(batch.shape, weights)).run({ batch: batchArrays(batch) })
      return { nats: first(sums.nats), tokens: first(sums.tokens), correct: first(sums.correct) }
    },
    async save(): Promise<EngineState> {
      return {
        parameters: (await runtime.read('parameters')) as ArrayRecord,
        // An optimizer without state, such as plain SGD, has nothing there to be read.
        optimizer: Object.keys(optimizerSpecs).length
          ? ((await runtime.read('optimizer')) as Record<string, ArrayRecord>)
          : {},
      }
    },
    dispose: () => runtime.dispose(),
  }
}

function specs(tensors: TensorRecord): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { shape: tensor.shape, dtype: 'float32' as const },
    ]),
  )
}

function optimizerSpecsOf(
  optimizer: Optimizer,
  parameters: TensorRecord,
): Record<string, Record<string, TensorSpec>> {
  const state = tf.tidy(() => ({ ...optimizer.init(parameters) }))
  try {
    return Object.fromEntries(Object.entries(state).map(([slot, tensors]) => [slot, specs(tensors)]))
  } finally {
    tf.dispose(state)
  }
}

function scalarSpecs(names: string[]): Record<string, TensorSpec> {
  return Object.fromEntries(names.map(name => [name, { shape: [], dtype: 'float32' as const }]))
}

function scalarArrays(scalars: Record<string, number>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]))
}

/** @param isRandom whether the step reads a seed */
function batchSpecs(shape: [number, number], isRandom = false): Record<string, TensorSpec> {
  return {
    inputs: { shape, dtype: 'int32' },
    targets: { shape, dtype: 'int32' },
    mask: { shape, dtype: 'float32' },
    ...(isRandom && { seed: { shape: [], dtype: 'float32' } }),
  }
}

function batchArrays(
  { inputs, targets, mask, seed = 0 }: TokenBatch,
  isRandom = false,
): Record<string, Int32Array | Float32Array> {
  return { inputs, targets, mask, ...(isRandom && { seed: Float32Array.of(seed) }) }
}

/** An optimizer without state has no tensor among the inputs. */
function withOptimizer<T extends { optimizer: OptimizerState }>(inputs: T): T {
  return { ...inputs, optimizer: inputs.optimizer ?? {} }
}

function first(values: unknown): number {
  return (values as ArrayLike<number>)[0]!
}
