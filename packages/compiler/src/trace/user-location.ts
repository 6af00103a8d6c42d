/** Deep enough to see past the frames of tfjs' ops, gradients and tidies. */
const STACK_DEPTH = 80
const TFJS = /tfjs-core|tfjs-backend/
/** What calls back: `new Promise`, `Array.map`. */
const NATIVE = /<anonymous>\)?$/
/** Gradient definitions and this package's own frames are not the user's code. */
const OURS =
  /@tinystories[\\/]backends|packages[\\/]backends|[\\/]compiler[\\/](src|dist)[\\/](trace|graph)[\\/](?!.*\.test\.)|node:internal/

/**
 * `file:line:column` in the user's function where it called into tfjs, or what failed by itself; undefined where the
 * stack does not show it, in a minified bundle for example.
 */
export function userLocation(): string | undefined {
  const user = stackFrames().find(frame => ![TFJS, OURS, NATIVE].some(pattern => pattern.test(frame)))
  if (!user) return undefined
  return /\(([^()]+:\d+:\d+)\)$/.exec(user)?.[1] ?? user.replace(/^\s*at (async )?/, '')
}

function stackFrames(): string[] {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = STACK_DEPTH
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = limit
  return stack.split('\n').filter(line => /^\s*at /.test(line))
}
