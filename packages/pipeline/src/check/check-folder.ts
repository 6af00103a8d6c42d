import { readdir, rm, rmdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireLock, inspectLock, readLines, toFileError } from '@tinystories/utils/disk'
import { hubCacheChecker, replyCacheChecker } from './check-caches.ts'
import { shardChecker, synthesisChecker } from './check-data.ts'
import { gradingChecker } from './check-gradings.ts'
import { modelChecker } from './check-model.ts'
import { runChecker } from './check-run.ts'
import type { CheckContext, CheckedKind, Checker, CheckProblem } from './checker.ts'
import { findLeftovers } from './leftovers.ts'

/** Options of {@link checkFolder}. */
export interface CheckOptions {
  /**
   * Remove what killed processes left half-written, their locks, and half-written last lines; nothing else is touched, and
   * nothing in folders in which a process works. Default false.
   */
  repair?: boolean
  /** Checkers of further kinds, such as those of `@tinystories/sweep`. */
  checkers?: readonly Checker[]
  signal?: AbortSignal
  /** Called with each folder that is looked at. */
  onFolder?: (folder: string) => void
}

/** What {@link checkFolder} found. */
export interface CheckReport {
  /** How many of each kind were checked. */
  checked: Partial<Record<CheckedKind, number>>
  problems: CheckProblem[]
  /** Folders in which a process works: what changes there meanwhile is no problem. */
  inUse: string[]
}

const own: readonly Checker[] = [
  runChecker,
  modelChecker,
  shardChecker,
  synthesisChecker,
  gradingChecker,
  replyCacheChecker,
  hubCacheChecker,
]

/**
 * Checks everything of ours in a folder and the folders below: runs with their checkpoints, models, token shards,
 * synthesized stories, gradings with their journals, and caches. Each file goes through its usual reader and is compared
 * with its checksum, where it has one. Symbolic links are not followed.
 *
 * @throws FileError when the folder itself cannot be read; the signal's reason
 */
export async function checkFolder(
  folder: string,
  { repair = false, checkers = [], signal, onFolder }: CheckOptions = {},
): Promise<CheckReport> {
  const report: CheckReport = { checked: {}, problems: [], inUse: [] }
  const visit = async (folder: string, isBelowUsed: boolean): Promise<void> => {
    signal?.throwIfAborted()
    onFolder?.(folder)
    const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
      throw toFileError(error, folder, 'list')
    })
    const names = new Set(entries.map(({ name }) => name).sort())
    const leftovers = await findLeftovers(folder, names)
    if (leftovers.isInUse) report.inUse.push(folder)
    const isUsed = isBelowUsed || leftovers.isInUse
    const add = (path: string, error: unknown, fix?: CheckProblem['repair']): void => {
      // What a process is writing just now is no problem.
      if (!(isUsed && fix !== undefined)) report.problems.push({ path, error, repair: fix, repaired: false })
    }
    for (const { path, error } of leftovers.removable) add(path, error, 'remove')
    for (const { path, error } of leftovers.unreadable) add(path, error)
    const context = contextOf(report, add, signal)
    for (const checker of [...own, ...checkers])
      if (await checker.matches(names, folder)) await checker.check(folder, context, names)
    const gone = new Set(leftovers.removable.map(({ path }) => path))
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (!entry.isDirectory() || gone.has(path)) continue
      await visit(path, isUsed).catch(error => {
        signal?.throwIfAborted()
        add(path, error)
      })
    }
  }
  await visit(folder, false)
  if (repair) {
    // A takeover that was cut short keeps others from its lock.
    const isTakeover = ({ path }: CheckProblem): number => (path.endsWith('.takeover') ? 0 : 1)
    for (const problem of report.problems.toSorted((a, b) => isTakeover(a) - isTakeover(b)))
      await repairProblem(problem)
  }
  return report
}

function contextOf(
  report: CheckReport,
  add: CheckContext['report'],
  signal: AbortSignal | undefined,
): CheckContext {
  return {
    signal,
    report: add,
    count(kind, number = 1) {
      report.checked[kind] = (report.checked[kind] ?? 0) + number
    },
    async attempt(path, work) {
      try {
        return await work()
      } catch (error) {
        signal?.throwIfAborted()
        add(path, error)
        return undefined
      }
    },
  }
}

async function repairProblem(problem: CheckProblem): Promise<void> {
  const { path, repair } = problem
  if (repair === undefined) return
  try {
    if (repair === 'cut-line') await cutLastLine(path)
    else if (path.endsWith('.takeover')) await rmdir(path)
    // Taking a lock over and giving it back is the one safe way to remove it.
    else if (path.endsWith('.lock') || path.endsWith('lock.json')) {
      await (await acquireLock(path)).release()
      // Giving a lock back says nothing when it fails.
      if ((await inspectLock(path)) !== 'none') await rm(path)
    } else await rm(path, { recursive: true, force: true })
    problem.repaired = true
  } catch (error) {
    problem.error = toFileError(error, path, 'delete')
  }
}

/** Looks once more: the line may have been finished since. */
async function cutLastLine(path: string): Promise<void> {
  let end: number | undefined
  for await (const { isWhole, start } of readLines(path, { maxLineBytes: 2 ** 24 })) if (!isWhole) end = start
  if (end !== undefined) await truncate(path, end)
}
