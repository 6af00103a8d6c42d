import { PlatformError } from './platform-error.ts'

/** The modules of Node by their names. */
type BuiltIns = {
  'node:crypto': typeof import('node:crypto')
  'node:fs': typeof import('node:fs')
  'node:fs/promises': typeof import('node:fs/promises')
  'node:module': typeof import('node:module')
  'node:os': typeof import('node:os')
  'node:path': typeof import('node:path')
  'node:url': typeof import('node:url')
  'node:util': typeof import('node:util')
  'node:worker_threads': typeof import('node:worker_threads')
  'node:zlib': typeof import('node:zlib')
}

/**
 * A module of Node for code that also runs in pages. There is no import that a bundler for pages would have to resolve.
 *
 * @throws PlatformError `needs-node` where there is no such module
 */
export function builtin<Name extends keyof BuiltIns>(name: Name): BuiltIns[Name] {
  const found = globalThis.process?.getBuiltinModule?.(name)
  if (found === undefined) throw new PlatformError('needs-node', { what: name })
  return found as BuiltIns[Name]
}
