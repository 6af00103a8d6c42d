import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { systemProblem, TokenShardError } from './token-shard-error.ts'

/** Who holds a folder. */
interface Holder {
  pid: number
  host: string
  /** When the process began, so that another one with the same number is not taken for it; null where that is not known. */
  started: string | null
}

/** Locks that this process holds: the process number in a lock may be that of an earlier process. */
const held = new Set<string>()

/**
 * Takes a folder for writing, so that a second process does not write it at the same time. The lock of a process that has
 * ended, however it ended, is taken over.
 *
 * @returns what gives it back
 * @throws TokenShardError when another process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock.json')
  const me: Holder = { pid: process.pid, host: hostname(), started: await startOf(process.pid) }
  if (held.has(path)) throw inUse(path, me)
  held.add(path)
  try {
    if (!(await create(path, me))) await takeOver(path, me)
  } catch (error) {
    held.delete(path)
    throw error
  }
  return async () => {
    await rm(path, { force: true })
    held.delete(path)
  }
}

/** Made whole under another name and then linked: a lock is never seen half-written. */
async function create(path: string, me: Holder): Promise<boolean> {
  const prepared = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(prepared, JSON.stringify(me))
    await link(prepared, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw systemProblem(path, 'the folder cannot be locked', error)
  } finally {
    await rm(prepared, { force: true })
  }
}

/**
 * Replaces the lock of an ended process. Only one process at a time may, the one that made the folder beside it: else a
 * slow one could remove the lock that a quick one has put there since.
 */
async function takeOver(path: string, me: Holder): Promise<void> {
  const turn = `${path}.takeover`
  for (let attempt = 0; attempt < 50; attempt++) {
    const holder = await readHolder(path)
    if (holder !== undefined && (await isAlive(holder))) throw inUse(path, holder)
    const mine = await mkdir(turn).then(
      () => true,
      () => false,
    )
    if (!mine) {
      await delay(20)
      continue
    }
    try {
      const now = await readHolder(path)
      if (now === undefined || !(await isAlive(now))) await rm(path, { force: true })
    } finally {
      await rmdir(turn)
    }
    if (await create(path, me)) return
  }
  throw new TokenShardError({
    path: turn,
    problem: 'another process is taking this folder over',
    remedy: 'Wait for it; if nothing runs there, remove this folder',
  })
}

/** Undefined when the lock is gone, or is none. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

async function isAlive({ pid, host, started }: Holder): Promise<boolean> {
  // Of another machine's processes nothing is known.
  if (host !== hostname()) return true
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return started === null || (await startOf(pid)) === started
}

/** The start time of a process on Linux, in ticks since the machine's start. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name, the second field, may hold blanks; it is in parentheses. The time is field 22.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function inUse(path: string, { pid, host }: Holder): TokenShardError {
  return new TokenShardError({
    path,
    problem: `process ${pid} on ${host} is writing this folder`,
    remedy: 'Wait for it or choose another folder; if that process is gone, remove this file',
  })
}
