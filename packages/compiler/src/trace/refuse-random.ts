import { builtin } from '@tinystories/utils/node'
import { CompilerError } from '../errors.ts'
import { userLocation } from './user-location.ts'

/** Where numbers come from that differ from call to call: an object, its method, and how that is called. */
type Source = [holder: object, name: string, source: string]

/**
 * Runs `work` while every source that JavaScript has of numbers that differ from call to call refuses to give any: whatever
 * asks for them, an op of tfjs without a seed or the function itself, they would be frozen into the graph. So would the time,
 * which seeds are made of. An op with a seed gives the same numbers in every eager call too, and stays allowed.
 *
 * @param note sees each error before it is thrown
 */
export function refuseRandom(work: () => void, note: (error: unknown) => unknown): void {
  const sources: Source[] = [
    [Math, 'random', 'Math.random'],
    [Date, 'now', 'Date.now'],
    [performance, 'now', 'performance.now'],
  ]
  if (globalThis.crypto) {
    sources.push([globalThis.crypto, 'getRandomValues', 'crypto.getRandomValues'])
    sources.push([globalThis.crypto, 'randomUUID', 'crypto.randomUUID'])
  }
  const { crypto, sync } = nodeCrypto()
  for (const name of crypto ? NODE_CRYPTO : []) sources.push([crypto!, name, `crypto.${name}`])
  const refuse = (source: string): never => {
    throw note(new CompilerError('random-while-tracing', { source, location: userLocation() }))
  }
  const before = sources.map(([holder, name]) => Object.getOwnPropertyDescriptor(holder, name))
  for (const [holder, name, source] of sources)
    Reflect.defineProperty(holder, name, { value: () => refuse(source), configurable: true, writable: true })
  const { Date: date } = globalThis
  globalThis.Date = new Proxy(date, {
    construct: (target, args, newTarget) =>
      args.length > 0 ? Reflect.construct(target, args, newTarget) : refuse('new Date'),
    apply: () => refuse('Date'),
  })
  sync?.()
  try {
    work()
  } finally {
    globalThis.Date = date
    sources.forEach(([holder, name], i) => {
      if (before[i]) Reflect.defineProperty(holder, name, before[i])
      else Reflect.deleteProperty(holder, name)
    })
    sync?.()
  }
}

const NODE_CRYPTO = ['randomBytes', 'randomFillSync', 'randomInt', 'randomUUID', 'pseudoRandomBytes'] as const

/** Node's own module, and what makes changes to it visible to those who imported its functions by name. */
function nodeCrypto(): { crypto?: object; sync?: () => void } {
  if (globalThis.process?.getBuiltinModule === undefined) return {}
  return { crypto: builtin('node:crypto'), sync: builtin('node:module').syncBuiltinESMExports }
}
