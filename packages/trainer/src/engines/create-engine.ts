import type { BackendName } from '@tinystories/backends'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine, TrainableModel } from '../types.ts'
import { createCompiledEngine } from './compiled-engine.ts'
import { createEagerEngine } from './eager-engine.ts'

export type EngineName = 'compiled' | BackendName

/** The engines in the order in which `auto` tries them: fastest first. */
export const engineNames: readonly EngineName[] = ['compiled', 'node-gpu', 'node', 'webgpu', 'wasm', 'cpu']

export interface CreateEngineOptions {
  model: TrainableModel
  optimizer: Optimizer
  /** Default `auto`: the first of {@link engineNames} that works here. */
  engine?: EngineName | 'auto'
  /** Threads of the compiled engine. Default: one for each core. */
  threads?: number
}

export interface EngineChoice {
  engine: Engine
  /** Engines that `auto` tried before, with the reason why each was not taken. */
  passedOver: { name: EngineName; reason: string }[]
}

/**
 * Sets up an engine by name, or with `auto` the fastest that works here.
 *
 * @throws the engine's own error (which names the package to install) for a named engine that does not work;
 *   an AggregateError when none does.
 */
export async function createEngine({
  model,
  optimizer,
  engine = 'auto',
  threads,
}: CreateEngineOptions): Promise<EngineChoice> {
  const make = (name: EngineName): Promise<Engine> =>
    name === 'compiled'
      ? createCompiledEngine({ model, optimizer, ...(threads === undefined ? {} : { threads }) })
      : createEagerEngine({ model, optimizer, backend: name })
  if (engine !== 'auto') return { engine: await make(engine), passedOver: [] }

  const passedOver: EngineChoice['passedOver'] = []
  const errors: unknown[] = []
  for (const name of engineNames) {
    try {
      return { engine: await make(name), passedOver }
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
