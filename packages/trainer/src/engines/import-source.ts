import { chain } from '../optimizers/chain.ts'
import type { Optimizer, OptimizerSource } from '../optimizers/optimizer.ts'
import type { ModuleSource } from '../types.ts'

/** Calls what a module exports. */
export async function importSource<T>({ module, export: name, argument }: ModuleSource): Promise<T> {
  const exports = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as Record<
    string,
    (argument: unknown) => T
  >
  return exports[name]!(argument)
}

/** The optimizer of a source, created in this thread. */
export async function importOptimizer(source: OptimizerSource): Promise<Optimizer> {
  if (!isChain(source)) return importSource(source)
  return chain(...(await Promise.all(source.map(importOptimizer))))
}

function isChain(source: OptimizerSource): source is readonly OptimizerSource[] {
  return Array.isArray(source)
}
