import type { CreateEngineOptions } from '@tinystories/trainer'
import type { RunSettings } from './run-settings.ts'

/** What the settings say of the engine; a provider is one of the compiled engine's. */
export function engineOptions({
  engine,
  provider,
  threads,
  workers,
}: RunSettings): Pick<CreateEngineOptions, 'engine' | 'runtime' | 'threads' | 'workers'> {
  return {
    engine: provider === null ? engine : 'compiled',
    ...(provider === null ? {} : { runtime: { providers: [provider] } }),
    ...(threads === null ? {} : { threads }),
    ...(workers === null ? {} : { workers }),
  }
}
