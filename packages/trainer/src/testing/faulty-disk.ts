import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { devNull } from 'node:os'

/** What one operation on files fails with. */
export type Fault = 'ENOSPC' | 'EIO' | 'EACCES'

const functions = [
  'open',
  'mkdir',
  'readdir',
  'readFile',
  'writeFile',
  'rename',
  'rm',
  'rmdir',
  'link',
  'stat',
] as const
const methods = [
  'write',
  'writeFile',
  'sync',
  'datasync',
  'truncate',
  'stat',
  'read',
  'readFile',
  'close',
] as const

type Operations = Record<string, (...args: unknown[]) => Promise<unknown>>

/**
 * Runs `work` with node:fs/promises whose operation number `failing` (from 1), on paths and on open files alike, fails
 * without having been done; a file that cannot be closed is closed all the same, as Linux does.
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
  const replace = (holder: Operations, name: string): void => {
    const original = holder[name]!
    restore.push(() => {
      holder[name] = original
    })
    holder[name] = async function (this: unknown, ...args: unknown[]) {
      operations++
      if (operations !== failing) return original.apply(this, args)
      if (name === 'close') await original.apply(this, args)
      throw Object.assign(new Error(`${fault}: injected, ${name}`), { code: fault, errno: -1, syscall: name })
    }
  }
  for (const name of functions) replace(fs as unknown as Operations, name)
  for (const name of methods) replace(prototype, name)
  syncBuiltinESMExports()
  try {
    await work()
  } finally {
    for (const undo of restore) undo()
    syncBuiltinESMExports()
  }
  return operations
}
