import { builtin } from '@tinystories/utils/node'
import { BackendError } from './errors.ts'

/**
 * The error for an optional package whose import failed. The import itself belongs into a `try` where it is needed: so
 * bundlers know that it may fail, and the package may be left out of a page.
 *
 * @returns BackendError `missing-package`, `missing-addon` or `package-does-not-load`
 */
export function loadError(backend: string, packageName: string, cause: unknown): BackendError {
  const folder = folderOf(packageName)
  const details = { backend, package: packageName, problem: firstLine(cause) }
  if (folder === 'not installed') return new BackendError('missing-package', details, { cause })
  return lacksAddon(folder)
    ? new BackendError('missing-addon', details, { cause })
    : new BackendError('package-does-not-load', details, { cause })
}

/** The folder of an installed package; undefined where there are no folders, in a page. */
function folderOf(packageName: string): string | 'not installed' | undefined {
  if (typeof process === 'undefined' || process.versions?.node == null) return undefined
  const { createRequire } = builtin('node:module')
  const { dirname, join } = builtin('node:path')
  const { existsSync } = builtin('node:fs')
  // The entry may be missing in a package that is not built, so its manifest is what is looked for.
  const paths = createRequire(import.meta.url).resolve.paths(packageName) ?? []
  const manifest = paths.map(path => join(path, packageName, 'package.json')).find(existsSync)
  return manifest === undefined ? 'not installed' : dirname(manifest)
}

/** Whether a package with a native addon, such as tfjs-node, has its source and not the addon itself. */
function lacksAddon(folder: string | undefined): boolean {
  if (folder === undefined) return false
  const { existsSync, readdirSync } = builtin('node:fs')
  const { join } = builtin('node:path')
  if (!existsSync(join(folder, 'binding.gyp'))) return false
  const lib = join(folder, 'lib')
  const builds = existsSync(lib) ? readdirSync(lib).filter(name => name.startsWith('napi-')) : []
  return !builds.some(build => existsSync(join(lib, build, 'tfjs_binding.node')))
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0]!
}
