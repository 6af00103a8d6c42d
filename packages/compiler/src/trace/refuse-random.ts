import { CompilerError } from '../errors.ts'
import { userLocation } from './user-location.ts'

/**
 * Runs `work` while every source of random numbers that JavaScript has refuses to give any: whatever draws them, an op
 * of tfjs without a seed or the function itself, its numbers would be frozen into the graph. An op with a seed gives the
 * same numbers in every eager call too, and stays allowed.
 */
export function refuseRandom(work: () => void): void {
  const sources: [object, string, string][] = [[Math, 'random', 'Math.random']]
  if (globalThis.crypto) {
    sources.push([globalThis.crypto, 'getRandomValues', 'crypto.getRandomValues'])
    sources.push([globalThis.crypto, 'randomUUID', 'crypto.randomUUID'])
  }
  const before = sources.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name))
  for (const [holder, name, source] of sources) {
    const value = (): never => {
      throw new CompilerError('random-while-tracing', { source, location: userLocation() })
    }
    Object.defineProperty(holder, name, { value, configurable: true, writable: true })
  }
  try {
    work()
  } finally {
    sources.forEach(([holder, name], i) => {
      if (before[i]) Object.defineProperty(holder, name, before[i])
      else Reflect.deleteProperty(holder, name)
    })
  }
}
