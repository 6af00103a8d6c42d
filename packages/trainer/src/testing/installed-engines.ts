import { useBackend } from '@tinystories/backends'
import type { EngineName } from '../types.ts'

/** The engines to test: those that every developer has, and `node` where tfjs-node is installed with its addon. */
export const installedEngines: EngineName[] = ['cpu', 'wasm', 'compiled']
if (
  await useBackend('node').then(
    () => true,
    () => false,
  )
)
  installedEngines.push('node')
await useBackend('cpu')
