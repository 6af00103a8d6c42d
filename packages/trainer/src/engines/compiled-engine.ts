import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@tinystories/backends'
import { type Compiled, createRuntime, type TensorSpec } from '@tinystories/compiler'
import type { Optimizer } from '../optimizers/optimizer.ts'
import { makeTrainStep, type TrainStepInputs } from '../train-step.ts'
import type { ArrayRecord, Engine, EngineState, TensorRecord, TokenBatch, TrainableModel } from '../types.ts'

export interface CompiledEngineOptions {
  model: TrainableModel
  optimizer: Optimizer
  /** Threads of ONNX Runtime. Default: the compiler's, one for each core. */
  threads?: number
}

/**
 * Traces the whole training step into one ONNX graph and runs it on ONNX Runtime in a worker thread, where the
 * parameters and the optimiser's state stay. A graph is made once for each shape of batch.
 *
 * @throws what `createRuntime` throws when onnxruntime-node is missing.
 */
export async function createCompiledEngine({
  model,
  optimizer,
  threads,
}: CompiledEngineOptions): Promise<Engine> {
  registerGradients()
  const runtime = await createRuntime({ runtime: 'node', ...(threads === undefined ? {} : { threads }) })
  const trainStep = makeTrainStep(model, optimizer)
  const parameterSpecs = specs(model.parameters)
  const optimizerSpecs = optimizerSpecsOf(optimizer, model.parameters)
  const steps = new Map<string, Promise<Compiled>>()
  const evaluations = new Map<string, Promise<Compiled>>()

  const compiledFor = (
    cache: Map<string, Promise<Compiled>>,
    shape: [number, number],
    make: () => Promise<Compiled>,
  ): Promise<Compiled> => {
    const key = shape.join('x')
    const cached = cache.get(key)
    if (cached) return cached
    const made = make()
    cache.set(key, made)
    return made
  }

  return {
    name: 'compiled',
    description: `one ONNX graph on ONNX Runtime, ${runtime.threads} thread${runtime.threads === 1 ? '' : 's'}`,
    async load(state) {
      await runtime.write({ parameters: state.parameters, optimizer: state.optimizer })
    },
    async step(batch, scalars) {
      const step = await compiledFor(steps, batch.shape, () =>
        runtime.compile(
          inputs => ({ ...trainStep(inputs as unknown as TrainStepInputs) }),
          {
            parameters: parameterSpecs,
            optimizer: optimizerSpecs,
            batch: batchSpecs(batch.shape),
            scalars: Object.fromEntries(Object.keys(scalars).map(name => [name, scalarSpec])),
          },
          { state: ['parameters', 'optimizer'] },
        ),
      )
      const outputs = await step.run({
        batch: batchArrays(batch),
        scalars: Object.fromEntries(
          Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]),
        ),
      })
      return { loss: first(outputs.loss), gradientNorm: first(outputs.gradientNorm) }
    },
    async evaluate(batch) {
      const evaluate = await compiledFor(evaluations, batch.shape, () =>
        runtime.compile(
          inputs => {
            const { parameters, batch } = inputs as unknown as TrainStepInputs
            return { ...model.evaluate(parameters, batch) }
          },
          { parameters: parameterSpecs, batch: batchSpecs(batch.shape) },
          { state: ['parameters'] },
        ),
      )
      const sums = await evaluate.run({ batch: batchArrays(batch) })
      return { nats: first(sums.nats), tokens: first(sums.tokens), correct: first(sums.correct) }
    },
    async save(): Promise<EngineState> {
      return {
        parameters: (await runtime.read('parameters')) as ArrayRecord,
        optimizer: (await runtime.read('optimizer')) as Record<string, ArrayRecord>,
      }
    },
    dispose: () => runtime.dispose(),
  }
}

const scalarSpec: TensorSpec = { shape: [], dtype: 'float32' }

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

function batchSpecs(shape: [number, number]): Record<string, TensorSpec> {
  return {
    inputs: { shape, dtype: 'int32' },
    targets: { shape, dtype: 'int32' },
    mask: { shape, dtype: 'float32' },
  }
}

function batchArrays({ inputs, targets, mask }: TokenBatch): Record<string, Int32Array | Float32Array> {
  return { inputs, targets, mask }
}

function first(values: unknown): number {
  return (values as ArrayLike<number>)[0]!
}
