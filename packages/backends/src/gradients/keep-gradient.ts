import { type GradConfig, getGradient, registerGradient } from '@tensorflow/tfjs-core'

/** The gradients of this package by kernel. */
const own = new Map<string, GradConfig>()

/**
 * Registers a gradient and keeps it registered. tfjs has one registry for the whole process and whoever registers last
 * wins: importing `@tensorflow/tfjs` or `@tensorflow/tfjs-node`, at any time, would replace gradients that work with
 * ones that throw or are wrong for broadcast and batched operands.
 */
export function keepGradient(gradient: GradConfig): void {
  own.set(gradient.kernelName, gradient)
  guardRegistry()
  registerGradient(gradient)
}

/** Registers again what was replaced or removed. @returns false before anything was registered */
export function restoreGradients(): boolean {
  for (const [kernelName, gradient] of own)
    if (getGradient(kernelName) !== gradient) registerGradient(gradient)
  return own.size > 0
}

/** Makes tfjs's registry ignore other gradients for the kernels that have one of ours. */
function guardRegistry(): void {
  const { _tfGlobals } = globalThis as { _tfGlobals?: Map<string, Map<string, GradConfig>> }
  const registry = _tfGlobals?.get('gradRegistry')
  if (!registry || Object.hasOwn(registry, 'set')) return
  registry.set = (kernelName, gradient) =>
    Map.prototype.set.call(registry, kernelName, own.get(kernelName) ?? gradient) as typeof registry
}
