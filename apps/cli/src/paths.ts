import { isAbsolute, join, relative, resolve } from 'node:path'

/**
 * The folder in which the person typed the command. npm and turbo run a script in its package's folder and leave
 * the original in a variable; that variable is believed only in the very process that they put there, for it is
 * inherited by everything below.
 */
export function typedFolder(env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): string {
  if (!isOurScript(env) || env.npm_package_json !== join(cwd, 'package.json')) return cwd
  return env.TURBO_INVOCATION_DIR || env.INIT_CWD || cwd
}

/** How the person can call the command here: inside the repository it is an npm script. */
export function commandName(env: NodeJS.ProcessEnv = process.env): string {
  return isOurScript(env) ? 'npm run tinystories --' : 'tinystories'
}

function isOurScript(env: NodeJS.ProcessEnv): boolean {
  return env.npm_package_name === '@tinystories/cli' || env.npm_package_name === 'tinystories'
}

/** A path as the person gave it, made absolute from where they typed it. */
export function fromTyped(path: string, base: string = typedFolder()): string {
  return isAbsolute(path) ? path : resolve(base, path)
}

/** A path to show to the person: relative to where they are if that is shorter. */
export function forDisplay(path: string, base: string = typedFolder()): string {
  const short = relative(base, path)
  return short !== '' && !short.startsWith('..') ? short : path
}

/** A path in a command that the person can copy: as {@link forDisplay}, quoted where a shell would take it apart. */
export function forShell(path: string, base: string = typedFolder()): string {
  const shown = forDisplay(path, base)
  return /^[\w./:@%+=,\\-]+$/.test(shown) ? shown : `"${shown.replaceAll(/["$`]/g, '\\$&')}"`
}

/** A model as the person named it: an address of the hub, or a path made absolute; undefined: the newest run. */
export function modelSource(source: string | undefined): string | undefined {
  return source === undefined || source.startsWith('hf://') ? source : fromTyped(source)
}
