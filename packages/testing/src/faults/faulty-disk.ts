import syncFs from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { devNull } from 'node:os'

/**
 * What one operation on files fails with. `kill`: it is done by half, and from then on nothing is done any more, as when
 * the process is killed there; the rest of the program only runs to its end.
 */
export type Fault = 'ENOSPC' | 'EIO' | 'EACCES' | 'kill'

/** All of them. */
export const faults: readonly Fault[] = ['ENOSPC', 'EIO', 'EACCES', 'kill']

const functions = [
  ...['open', 'mkdir', 'readdir', 'readFile', 'writeFile', 'appendFile', 'rename', 'rm', 'rmdir', 'unlink'],
  ...['link', 'stat', 'truncate', 'copyFile'],
]
const methods = [
  ...[
    'write',
    'writeFile',
    'appendFile',
    'sync',
    'datasync',
    'truncate',
    'stat',
    'read',
    'readFile',
    'close',
  ],
]
const syncFunctions = ['openSync', 'mkdirSync', 'writeFileSync', 'renameSync', 'rmSync', 'linkSync']
/** Operations that can be cut short in their middle. */
const writing = new Set(['write', 'writeFile', 'appendFile', 'writeFileSync'])

type Operations = Record<string, (...args: unknown[]) => unknown>

/**
 * Runs `work` while operation number `failing` (from 1) of `node:fs/promises`, on paths and on open files alike, and of the
 * synchronous functions that write, fails without having been done; a file that cannot be closed is closed all the same,
 * as Linux does.
 *
 * @returns how many operations there were
 */
export async function withFaultyDisk(
  failing: number,
  fault: Fault,
  work: () => Promise<void>,
): Promise<number> {
  let operations = 0
  const file = await fs.open(devNull)
  const prototype = Object.getPrototypeOf(file) as Operations
  await file.close()
  const restore: (() => void)[] = []
  const replace = (holder: Operations, name: string, isSync: boolean, pathFirst: boolean): void => {
    const original = holder[name]!
    restore.push(() => {
      holder[name] = original
    })
    const failure = (): Error =>
      Object.assign(new Error(`${fault}: injected, ${name}`), {
        ...{ code: fault === 'kill' ? 'EIO' : fault, errno: -1, syscall: name },
      })
    const isDone = (): boolean => {
      operations++
      return fault === 'kill' ? operations < failing : operations !== failing
    }
    /** Arguments of the first half of what is written; undefined where nothing is written. */
    const halfOf = (args: unknown[]): unknown[] | undefined => {
      const at = pathFirst ? 1 : 0
      const content = args[at]
      if (fault !== 'kill' || operations !== failing || !writing.has(name)) return undefined
      if (typeof content !== 'string' && !(content instanceof Uint8Array)) return undefined
      if (name === 'write' && content instanceof Uint8Array) {
        const [, offset = 0, length = content.length, position] = args as [unknown, number?, number?, number?]
        return [content, offset, length >> 1, position]
      }
      const half = content.slice(0, content.length >> 1)
      return args.map((arg, i) => (i === at ? half : arg))
    }
    holder[name] = isSync
      ? function (this: unknown, ...args: unknown[]) {
          if (isDone()) return original.apply(this, args)
          const half = halfOf(args)
          if (half) original.apply(this, half)
          throw failure()
        }
      : async function (this: unknown, ...args: unknown[]) {
          if (isDone()) return original.apply(this, args)
          const half = halfOf(args)
          if (half) await original.apply(this, half)
          if (name === 'close') await original.apply(this, args)
          throw failure()
        }
  }
  for (const name of functions) replace(fs as unknown as Operations, name, false, true)
  for (const name of methods) replace(prototype, name, false, false)
  for (const name of syncFunctions) replace(syncFs as unknown as Operations, name, true, true)
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    for (const undo of restore) undo()
    syncBuiltinESMExports()
  }
  return operations
}
