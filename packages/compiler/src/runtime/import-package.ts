import { createRequire } from 'node:module'
import { messageOf } from '@tinystories/utils/errors'
import { CompilerError } from '../errors.ts'

/**
 * Imports an optional package.
 *
 * @param load the import itself, so that bundlers see it
 * @throws CompilerError `missing-package`, or `package-does-not-load` for one that is installed
 */
export async function importPackage<T>(name: string, neededBy: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw isInstalled(name)
      ? new CompilerError('package-does-not-load', { package: name, problem: messageOf(cause) }, { cause })
      : new CompilerError('missing-package', { package: name, neededBy }, { cause })
  }
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}
