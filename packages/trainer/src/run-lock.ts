import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CheckpointError, describeWriteFailure } from './errors.ts'

interface Holder {
  pid: number
  /** When the process began, in the kernel's own count; null where that is not told. A pid is used again, this not. */
  started: string | null
  host: string
}

const lockName = 'run.lock'

/**
 * Keeps a run folder to one process. The lock of a process that is dead is taken over; nothing here looks at a clock.
 */
export class RunLock {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** @throws CheckpointError when another process works in the folder, or nothing can be written there. */
  static async acquire(folder: string): Promise<RunLock> {
    const path = join(folder, lockName)
    const mine: Holder = { pid: process.pid, started: await startOf(process.pid), host: hostname() }
    // Made whole under another name and then linked: a lock is never seen half-written.
    const prepared = `${path}.${randomUUID()}.tmp`
    try {
      await writeFile(prepared, JSON.stringify(mine))
      for (let attempt = 0; attempt < 50; attempt++) {
        if (await linked(prepared, path)) return new RunLock(path)
        const text = await readFile(path, 'utf8').catch(() => undefined)
        // It went away just now.
        if (text === undefined) continue
        await refuseWhileAlive(path, folder, text)
        if (!(await takeAway(path, text))) await delay(20)
      }
      throw new CheckpointError(
        `The lock ${path} is being taken over by another process. If nothing runs there, delete ${takeoverOf(path)}.`,
        folder,
      )
    } catch (error) {
      if (CheckpointError.isInstance(error)) throw error
      throw new CheckpointError(describeWriteFailure('The run folder', folder, error), folder, {
        cause: error,
      })
    } finally {
      await rm(prepared, { force: true }).catch(() => {})
    }
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => {})
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function refuseWhileAlive(path: string, folder: string, text: string): Promise<void> {
  const holder = parse(text)
  if (!holder) return
  if (holder.host !== hostname()) {
    throw new CheckpointError(
      `The run in ${folder} is locked by process ${holder.pid} on another machine. If nothing runs there any more, delete ${path}.`,
      folder,
    )
  }
  if (await isAlive(holder)) {
    throw new CheckpointError(
      `The run in ${folder} is being trained by process ${holder.pid}. Wait for its end or stop it, or choose another folder.`,
      folder,
    )
  }
}

function takeoverOf(path: string): string {
  return `${path}.takeover`
}

/**
 * Removes a dead process's lock. Only one process at a time may, the one that made the folder beside it: else a slow
 * one could remove the lock that a quick one has put there since.
 *
 * @returns whether this process had its turn
 */
async function takeAway(path: string, expected: string): Promise<boolean> {
  const turn = takeoverOf(path)
  try {
    await mkdir(turn)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === expected) await rm(path, { force: true })
    return true
  } finally {
    await rmdir(turn)
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, started, host } = JSON.parse(text) as Holder
    return Number.isInteger(pid) && pid > 0 ? { pid, started, host } : undefined
  } catch {
    return undefined
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Without permission to signal it, it is there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = await startOf(pid)
  return started === null || now === null || now === started
}

/** Linux tells in field 22 of /proc/PID/stat when a process began; the name before may hold spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie is dead already, only nobody has asked for its exit code.
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null)
}
