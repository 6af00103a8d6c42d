import { CompilerError } from '../errors.ts'
import type { RuntimeOptions } from './runtime.ts'

/** More threads than this gain nothing on matrices of this kind, and each operation waits for all of them. */
export const MOST_THREADS = 8

/** @throws CompilerError `invalid-option` for options that this runtime does not take */
export function checkOptions(
  { runtime, threads, providers }: RuntimeOptions,
  known: { runtime: 'node' | 'web'; providers: readonly string[] },
): void {
  const check = (option: string, value: unknown, valid: boolean, expected: string): void => {
    if (!valid) throw new CompilerError('invalid-option', { option, value, expected })
  }
  check('runtime', runtime, runtime === undefined || runtime === known.runtime, `"${known.runtime}" here`)
  const isCount = threads === undefined || (Number.isInteger(threads) && threads >= 1)
  check('threads', threads, isCount, 'a whole number of at least 1')
  const areKnown =
    providers === undefined ||
    (providers.length > 0 && providers.every(name => known.providers.includes(name)))
  check('providers', providers, areKnown, `one or more of ${known.providers.join(', ')}`)
}
