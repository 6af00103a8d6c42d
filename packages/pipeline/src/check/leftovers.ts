import { join } from 'node:path'
import { inspectLock } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'

const id = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** Names that only half-written files of ours have, which a killed process leaves. */
const leftover = new RegExp(
  [
    // writeFileAtomically, acquireLock
    `\\.${id}\\.tmp$`,
    // Checkpoints, which are folders.
    String.raw`^\.step-\d+\.\d+\.tmp$`,
    // Token shards.
    String.raw`^shard-\d{5}(?:\.stories)?\.bin\.tmp$`,
    // Replies.
    String.raw`^[0-9a-f]+\.json\.\d+-\d+-[0-9a-f]{8}\.part$`,
  ].join('|'),
)
/** What a takeover of a lock that was cut short leaves: an empty folder. */
const takeover = /\.takeover$/
const lock = /(?:\.lock|^lock\.json)$/

/** What is found of processes in a folder. */
export interface Leftovers {
  /** What can be removed, by path. */
  removable: { path: string; error: PipelineError }[]
  /** Locks that cannot be read, such as a pipe of that name. */
  unreadable: { path: string; error: unknown }[]
  /** Whether a process works in the folder. */
  isInUse: boolean
}

/** Finds what ended processes left in a folder. */
export async function findLeftovers(folder: string, names: Iterable<string>): Promise<Leftovers> {
  const found: Leftovers = { removable: [], unreadable: [], isInUse: false }
  for (const name of names) {
    const path = join(folder, name)
    if (leftover.test(name)) found.removable.push({ path, error: new PipelineError('leftover', { path }) })
    else if (lock.test(name)) {
      const state = await inspectLock(path).catch((error: unknown) => {
        found.unreadable.push({ path, error })
        return 'none' as const
      })
      // Of a process on another machine nobody knows whether it still works.
      if (state === 'held' || state === 'elsewhere') found.isInUse = true
      if (state === 'stale') found.removable.push({ path, error: new PipelineError('stale-lock', { path }) })
    } else if (takeover.test(name) && lock.test(name.replace(takeover, '')))
      found.removable.push({ path, error: new PipelineError('stale-lock', { path }) })
  }
  return found
}
