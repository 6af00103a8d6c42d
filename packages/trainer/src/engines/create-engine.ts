import type { RuntimeOptions } from '@tinystories/compiler'
import { checkOption, checkWhole, TrainerError } from '../errors.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Engine, EngineName, SkippedEngine, TrainableModel } from '../types.ts'

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
  runtime?: Omit<RuntimeOptions, 'threads'>
  /**
   * Worker threads of `wasm` or `cpu` (Node only), each on a share of the batch. Default 1: no extra thread. The other
   * engines use several cores by themselves, and with `auto` they leave this aside.
   */
  workers?: number
}

/** The engine that was taken, and why. */
export interface EngineChoice {
  engine: Engine
  /** Engines that `auto` tried before this one, with the error of each. */
  skippedEngines: SkippedEngine[]
  /** One line for people: why this engine. */
  selectionReason: string
}

/**
 * Sets up an engine by name, or with `auto` the fastest that works here.
 *
 * @throws the error of the engine's package for a named engine that does not work; TrainerError `invalid-option` for
 *   workers that it cannot have, `missing-option` for a model without a source, `no-engine` when no engine works
 */
export async function createEngine({
  model,
  optimizer,
  engine = 'auto',
  threads,
  runtime,
  workers = 1,
}: CreateEngineOptions): Promise<EngineChoice> {
  checkWhole('workers', workers)
  // Each is loaded when it is wanted: the compiler alone is as large as everything else.
  const make = async (name: EngineName): Promise<Engine> => {
    if (name === 'compiled') {
      const { createCompiledEngine } = await import('./compiled-engine.ts')
      return createCompiledEngine({
        model,
        optimizer,
        ...(threads === undefined ? {} : { threads }),
        ...(runtime === undefined ? {} : { runtime }),
      })
    }
    if (workers > 1 && (name === 'wasm' || name === 'cpu')) {
      const { createParallelEngine } = await import('./parallel-engine.ts')
      return createParallelEngine({ model, optimizer, backend: name, workers })
    }
    const { createEagerEngine } = await import('./eager-engine.ts')
    return createEagerEngine({ model, optimizer, backend: name })
  }
  if (engine !== 'auto') {
    checkOption('engine', engine, engineNames.includes(engine), `auto, ${engineNames.join(', ')}`)
    const hasWorkers = engine === 'wasm' || engine === 'cpu'
    checkOption(
      'workers',
      workers,
      hasWorkers || workers === 1,
      `1 with the engine ${engine}, which uses several cores by itself; wasm and cpu take more`,
    )
    return { engine: await make(engine), skippedEngines: [], selectionReason: 'requested' }
  }

  const skippedEngines: SkippedEngine[] = []
  for (const name of engineNames) {
    try {
      return { engine: await make(name), skippedEngines, selectionReason: reasonFor(skippedEngines) }
    } catch (error) {
      skippedEngines.push({ name, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  throw new TrainerError('no-engine', { skipped: skippedEngines })
}

function reasonFor(skipped: SkippedEngine[]): string {
  return skipped.length === 0
    ? 'the fastest engine'
    : `the fastest that works here; not available: ${skipped.map(({ name }) => name).join(', ')}`
}
