import { CompilerError } from '../errors.ts'
import type { RuntimeOptions } from './runtime.ts'

/** More threads than this gain nothing on matrices of this kind and cost each operation its meeting. */
export const MOST_THREADS = 8

/** @throws CompilerError (`invalid-argument`) for options that this runtime cannot take */
export function checkOptions(
  { runtime, threads, providers = [] }: RuntimeOptions,
  known: { runtime: 'node' | 'web'; providers: readonly string[] },
): void {
  if (runtime !== undefined && runtime !== known.runtime) {
    throw new CompilerError(
      'invalid-argument',
      `There is no runtime "${String(runtime)}" here: take "${known.runtime}"`,
    )
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new CompilerError('invalid-argument', `threads is ${threads}: give a whole number from 1 on`)
  }
  const unknown = providers.find(provider => !known.providers.includes(provider))
  if (unknown !== undefined) {
    throw new CompilerError(
      'invalid-argument',
      `There is no provider "${unknown}" here: take ${known.providers.join(', ')}`,
    )
  }
}
