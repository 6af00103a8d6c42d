import type { BackendName } from '@tinystories/backends'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine, TrainableModel } from '../types.ts'
import { type CompiledEngineOptions, createCompiledEngine } from './compiled-engine.ts'
import { createEagerEngine } from './eager-engine.ts'
import { createParallelEngine } from './parallel-engine.ts'

/** What computes: whole steps compiled into one ONNX graph, or op by op on a tfjs backend. */
export type EngineName = 'compiled' | BackendName

/** The engines in the order in which `auto` tries them: fastest first. */
export const engineNames: readonly EngineName[] = ['compiled', 'node-gpu', 'node', 'webgpu', 'wasm', 'cpu']

/** Options of {@link createEngine}. */
export interface CreateEngineOptions {
  model: TrainableModel
  optimizer: Optimizer
  /** Default `auto`: the first of {@link engineNames} that works here. */
  engine?: EngineName | 'auto'
  /** Threads of the compiled engine. Default: one for each core. */
  threads?: number
  /** Which ONNX Runtime the compiled engine takes, and on which providers. Default: what fits the place. */
  runtime?: CompiledEngineOptions['runtime']
  /**
   * Worker threads of `wasm` or `cpu` (Node only), each on a share of the batch. Default 1: no extra thread. The other
   * engines use several cores by themselves, and with `auto` they leave this aside.
   */
  workers?: number
}

/** The engine that was taken, and why. */
export interface EngineChoice {
  engine: Engine
  /** Engines that `auto` tried before, with the reason why each was not taken. */
  passedOver: { name: EngineName; reason: string }[]
  /** One line for people: why this engine. */
  why: string
}

/**
 * Sets up an engine by name, or with `auto` the fastest that works here.
 *
 * @throws the engine's own error (which names the package to install) for a named engine that does not work;
 *   RangeError for workers that it cannot have; an AggregateError when no engine works.
 */
export async function createEngine({
  model,
  optimizer,
  engine = 'auto',
  threads,
  runtime,
  workers = 1,
}: CreateEngineOptions): Promise<EngineChoice> {
  if (!(Number.isInteger(workers) && workers >= 1)) {
    throw new RangeError(`workers must be a whole number of at least 1, not ${workers}`)
  }
  const make = (name: EngineName): Promise<Engine> => {
    if (name === 'compiled') {
      return createCompiledEngine({
        model,
        optimizer,
        ...(threads === undefined ? {} : { threads }),
        ...(runtime === undefined ? {} : { runtime }),
      })
    }
    return workers > 1 && (name === 'wasm' || name === 'cpu')
      ? createParallelEngine({ model, optimizer, backend: name, workers })
      : createEagerEngine({ model, optimizer, backend: name })
  }
  if (engine !== 'auto') {
    if (!engineNames.includes(engine)) {
      throw new RangeError(`There is no engine "${engine}": take auto, ${engineNames.join(', ')}`)
    }
    if (workers > 1 && engine !== 'wasm' && engine !== 'cpu') {
      throw new RangeError(
        `The engine ${engine} takes no workers, it uses several cores by itself. Leave workers out, or take wasm or cpu.`,
      )
    }
    return { engine: await make(engine), passedOver: [], why: 'it was asked for' }
  }

  const passedOver: EngineChoice['passedOver'] = []
  const errors: unknown[] = []
  for (const name of engineNames) {
    try {
      return { engine: await make(name), passedOver, why: whyTaken(passedOver) }
    } catch (error) {
      errors.push(error)
      passedOver.push({ name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  throw new AggregateError(
    errors,
    `No engine works here: ${passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`,
  )
}

function whyTaken(passedOver: EngineChoice['passedOver']): string {
  const names = passedOver.map(({ name }) => name)
  return names.length === 0
    ? 'the fastest of all engines, and it works here'
    : `the fastest that works here: not to be had ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
}
