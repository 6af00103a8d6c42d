import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { FileError, isSystemError, toFileError } from './file-error.ts'
import { LockError } from './lock-error.ts'
import { readFileBytes } from './read-file-bytes.ts'

/** A lock that is held until it is released. `await using` releases it too. */
export interface Lock {
  /** The lock file. */
  readonly path: string
  /** Gives the lock back; a second call does nothing. */
  release(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface Holder {
  pid: number
  /** When the process began, in the kernel's own count; null where it is not known. Pids are used again, this is not. */
  started: string | null
  host: string
  /** Tells locks of one process apart. */
  id: string
}

/**
 * Creates a lock file that names this process. The lock of a process that has ended, however it ended, is taken over;
 * this never depends on a clock. A file that is not a lock (empty, cut off) counts as the lock of an ended process.
 *
 * @param path the lock file, such as `runs/a/run.lock`; its folder must exist
 * @throws LockError while another process, or another place in this one, holds it; FileError when the lock cannot be
 * written
 */
export async function acquireLock(path: string): Promise<Lock> {
  const id = randomUUID()
  const own: Holder = { pid: process.pid, started: await startOf(process.pid), host: hostname(), id }
  const text = JSON.stringify(own)
  // Written whole under a name of its own, then linked: nobody ever sees half a lock, and one link alone succeeds.
  const prepared = `${path}.${id}.tmp`
  try {
    await writeFile(prepared, text, { flag: 'wx' })
    for (let attempt = 0; attempt < 50; attempt++) {
      if (await tryLink(prepared, path)) return createLock(path, text)
      const found = await readIfPresent(path)
      if (found === undefined) continue
      await refuseWhileAlive(path, found)
      if (!(await removeStale(path, found))) await delay(20)
    }
    throw new LockError('taken-over', { path, takeover: takeoverOf(path) })
  } catch (error) {
    throw toFileError(error, path, 'lock')
  } finally {
    await rm(prepared, { force: true }).catch(() => {})
  }
}

/**
 * Who holds a lock file: `none`, where there is no file; `foreign`, where the file is not one that {@link acquireLock}
 * wrote; `stale`, a process that has ended; `held`, one that is alive; `elsewhere`, one of another machine, of which
 * nothing is known.
 *
 * @throws FileError when it cannot be read
 */
export async function inspectLock(
  path: string,
): Promise<'none' | 'foreign' | 'stale' | 'held' | 'elsewhere'> {
  const text = await readIfPresent(path).catch(error => {
    throw toFileError(error, path, 'read')
  })
  if (text === undefined) return 'none'
  const holder = parseHolder(text)
  if (holder?.id === undefined) return 'foreign'
  if (holder.host !== hostname()) return 'elsewhere'
  return (await isAlive(holder)) ? 'held' : 'stale'
}

function createLock(path: string, text: string): Lock {
  const release = async (): Promise<void> => {
    // Someone may have deleted the lock by hand, and another process may have taken it since.
    if ((await readIfPresent(path).catch(() => undefined)) === text)
      await rm(path, { force: true }).catch(() => {})
  }
  return { path, release, [Symbol.asyncDispose]: release }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    throw error
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return (await readFileBytes(path, { maxBytes: 2 ** 16 })).toString()
  } catch (error) {
    if (FileError.isInstance(error) && error.code === 'not-found') return undefined
    throw error
  }
}

async function refuseWhileAlive(path: string, text: string): Promise<void> {
  const holder = parseHolder(text)
  if (holder === undefined) return
  const { pid, host } = holder
  if (host !== hostname()) throw new LockError('held-elsewhere', { path, pid, host })
  if (await isAlive(holder)) throw new LockError('held', { path, pid, ownProcess: pid === process.pid })
}

const takeoverOf = (path: string): string => `${path}.takeover`

/**
 * Removes an ended process's lock. Only one process at a time may, the one that created the folder beside it: otherwise
 * a slow one could remove the lock that a quick one has put there since.
 *
 * @returns whether this process had its turn
 */
async function removeStale(path: string, expected: string): Promise<boolean> {
  const turn = takeoverOf(path)
  try {
    await mkdir(turn)
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false
    throw error
  }
  try {
    if ((await readIfPresent(path)) === expected) await rm(path, { force: true })
    return true
  } finally {
    await rmdir(turn)
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null
    const valid = Number.isInteger(holder?.pid) && holder!.pid! > 0 && typeof holder!.host === 'string'
    return valid ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Any other error, such as a lack of permission to signal it, means that the process is there.
    if (isSystemError(error) && error.code === 'ESRCH') return false
  }
  const now = await startOf(pid)
  return typeof started !== 'string' || now === null || now === started
}

/** Field 22 of Linux's /proc/PID/stat is when the process began; the name before it may hold spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has ended; only its exit code has not been fetched.
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null)
}
