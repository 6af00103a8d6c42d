import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { GraderError } from '../errors.ts'

interface Holder {
  pid: number
  /** When the process began, as the kernel counts; null where it does not tell. Pids come again, this does not. */
  started: string | null
  host: string
  /** Tells two journals of one process apart. */
  id: string
}

/**
 * Keeps a journal to one writer: `NAME.lock` beside it names the process. A dead process's lock is taken over; no clock is
 * asked.
 *
 * @returns what gives the lock back
 * @throws GraderError while another process, or another journal of this one, has it
 */
export async function lockJournal(journal: string): Promise<() => Promise<void>> {
  const path = `${journal}.lock`
  const id = randomUUID()
  const mine: Holder = { pid: process.pid, started: await startOf(process.pid), host: hostname(), id }
  const text = JSON.stringify(mine)
  // Written whole under a name of its own, then linked: nobody ever reads half a lock.
  const prepared = `${path}.${id}`
  try {
    await writeFile(prepared, text)
    for (let attempt = 0; attempt < 50; attempt++) {
      if (await linked(prepared, path)) return () => release(path, text)
      const theirs = await readFile(path, 'utf8').catch(() => undefined)
      if (theirs === undefined) continue
      await refuseWhileAlive(journal, path, theirs)
      if (!(await takeAway(path, theirs))) await delay(20)
    }
    throw new GraderError('journal-locked', { path: journal, lock: takeoverOf(path), holder: 'other-host' })
  } catch (error) {
    if (GraderError.isInstance(error)) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new GraderError('journal-unusable', { path: journal, reason }, { cause: error })
  } finally {
    await rm(prepared, { force: true }).catch(() => {})
  }
}

async function release(path: string, text: string): Promise<void> {
  const held = await readFile(path, 'utf8').catch(() => undefined)
  if (held === text) await rm(path, { force: true }).catch(() => {})
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

async function refuseWhileAlive(journal: string, path: string, text: string): Promise<void> {
  const holder = parse(text)
  if (holder === undefined) return
  const { pid, host } = holder
  const details = { path: journal, lock: path, pid }
  if (host !== hostname()) throw new GraderError('journal-locked', { ...details, holder: 'other-host' })
  if (await isAlive(holder)) {
    const own = pid === process.pid
    throw new GraderError('journal-locked', { ...details, holder: own ? 'this-process' : 'this-host' })
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
    const holder = JSON.parse(text) as Holder | null
    return holder !== null && Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined
  } catch {
    return undefined
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process that may not be signalled is there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = await startOf(pid)
  return started === null || now === null || now === started
}

/** Field 22 of Linux's /proc/PID/stat is when the process began; the name before it may hold spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has ended; only its exit code is still to be fetched.
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null)
}
