import { BackendError } from './errors.ts'

/**
 * Imports an optional package.
 *
 * @param load the import itself, so that bundlers see it
 * @throws BackendError `missing-package`, `missing-addon` or `package-does-not-load`
 */
export async function loadOptional<T>(
  backend: string,
  packageName: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const folder = await folderOf(packageName)
    const details = { backend, package: packageName, problem: firstLine(cause) }
    if (folder === 'not installed') throw new BackendError('missing-package', details, { cause })
    throw (await lacksAddon(folder))
      ? new BackendError('missing-addon', details, { cause })
      : new BackendError('package-does-not-load', details, { cause })
  }
}

/** The folder of an installed package; undefined where there are no folders, in a page. */
async function folderOf(packageName: string): Promise<string | 'not installed' | undefined> {
  if (typeof process === 'undefined' || process.versions?.node == null) return undefined
  const [{ createRequire }, { dirname, join }, { existsSync }] = await Promise.all([
    import('node:module'),
    import('node:path'),
    import('node:fs'),
  ])
  // The entry may be missing in a package that is not built, so its manifest is what is looked for.
  const paths = createRequire(import.meta.url).resolve.paths(packageName) ?? []
  const manifest = paths.map(path => join(path, packageName, 'package.json')).find(existsSync)
  return manifest === undefined ? 'not installed' : dirname(manifest)
}

/** Whether a package with a native addon, such as tfjs-node, has its source and not the addon itself. */
async function lacksAddon(folder: string | undefined): Promise<boolean> {
  if (folder === undefined) return false
  const [{ existsSync, readdirSync }, { join }] = await Promise.all([import('node:fs'), import('node:path')])
  if (!existsSync(join(folder, 'binding.gyp'))) return false
  const lib = join(folder, 'lib')
  const builds = existsSync(lib) ? readdirSync(lib).filter(name => name.startsWith('napi-')) : []
  return !builds.some(build => existsSync(join(lib, build, 'tfjs_binding.node')))
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0]!
}
