import fs from 'node:fs/promises'
import { join } from 'node:path'
import { type Fault, withFaultyDisk } from './faulty-disk.ts'

/** Work on files that can be interrupted anywhere and done again. */
export interface FaultyWork {
  /** Puts into the folder what is there before. Default: nothing. */
  prepare?(folder: string): Promise<void>
  /** Does the work, or what an earlier call has left of it, as a person does who calls the command once more. */
  work(folder: string): Promise<void>
  /** What it leaves, to be compared to the last bit. */
  resultOf(folder: string): Promise<unknown>
}

/** Options of {@link tryFaults}. */
export interface TryFaultsOptions {
  /** Folder to work in; it is emptied each time. */
  folder: string
  fault: Fault
  /** Which operations of `total` fail, from 1. Default: every one. */
  choose?: (total: number) => Iterable<number>
  /** Called with each operation that is tried. */
  onPoint?: (operation: number, total: number) => void
  /** Compares; throws when the results are not equal. */
  compare: (received: unknown, expected: unknown, where: string) => void
}

/** What {@link tryFaults} has tried. */
export interface FaultsTried {
  /** Operations that failed, one in each try. */
  points: number
  /** Tries in which the work said that it had failed. */
  failures: number
}

/**
 * Fails one operation on files after the other, does the work again with the disk in order, and compares what it leaves
 * with what undisturbed work leaves.
 *
 * @throws what `compare` throws; an error without a code that the work failed with; what the work throws when it is done
 * again
 */
export async function tryFaults(
  { prepare = async () => {}, work, resultOf }: FaultyWork,
  { folder, fault, choose = everyOne, onPoint, compare }: TryFaultsOptions,
): Promise<FaultsTried> {
  const empty = async (): Promise<void> => {
    await fs.rm(folder, { recursive: true, force: true })
    await fs.mkdir(folder, { recursive: true })
    await prepare(folder)
    await endProcesses(folder)
  }
  await empty()
  await work(folder)
  const expected = await resultOf(folder)
  await empty()
  const total = await withFaultyDisk(Number.POSITIVE_INFINITY, fault, () => work(folder))
  const tried: FaultsTried = { points: 0, failures: 0 }
  for (const operation of choose(total)) {
    onPoint?.(operation, total)
    const where = `${fault} at operation ${operation} of ${total}`
    await empty()
    let hasFailed = false
    await withFaultyDisk(operation, fault, async () => {
      try {
        await work(folder)
      } catch (error) {
        hasFailed = true
        // Every failure is one that can be reported: it has a code, and names its file. A killed process reports nothing.
        if (fault !== 'kill' && !(error instanceof Error && 'code' in error && 'problem' in error))
          throw new Error(`${where}: ${String(error)}`, { cause: error })
      }
    })
    await endProcesses(folder)
    if (hasFailed) tried.failures++
    // A killed process is started once more, whatever it made of its end.
    if (hasFailed || fault === 'kill') {
      try {
        await work(folder)
      } catch (error) {
        throw new Error(`${where}, done again: ${String(error)}`, { cause: error })
      }
    }
    compare(await resultOf(folder), expected, where)
    tried.points++
  }
  return tried
}

/** A sample of `count` operations for `TryFaultsOptions.choose`, evenly spread; another seed gives others. */
export function sampleOf(count: number, seed: number): (total: number) => Iterable<number> {
  return function* (total) {
    for (let i = 0; i < Math.min(count, total); i++)
      yield 1 + ((seed * 31 + Math.floor((i * total) / count)) % total)
  }
}

function* everyOne(total: number): Generator<number> {
  for (let operation = 1; operation <= total; operation++) yield operation
}

/** Above every pid that Linux gives. */
const endedPid = 2 ** 22 + 1

/** The process that failed has ended: its locks name a process that is no more. */
async function endProcesses(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder, { recursive: true })) {
    if (!/(?:\.lock|lock\.json)$/.test(name)) continue
    const path = join(folder, name)
    const text = await fs.readFile(path, 'utf8')
    await fs.writeFile(path, text.replace(`"pid":${process.pid}`, `"pid":${endedPid}`))
  }
}
