import type { Checkpoint } from './checkpoint-progress.ts'
import { CheckpointError } from './errors.ts'

/**
 * Compares what a checkpoint was made with and what it is to go on with; what either side does not tell is not compared.
 *
 * @returns names of what changed
 * @throws CheckpointError naming them, unless forced
 */
export function checkIdentity(
  { folder, identity }: Checkpoint,
  present: Record<string, string>,
  force: boolean,
  { onWarning }: { onWarning?(message: string): void },
): string[] {
  const changed = Object.keys(identity).filter(
    name => present[name] !== undefined && present[name] !== identity[name],
  )
  if (changed.length === 0) return []
  const what = `${folder} was made with another ${changed.join(' and another ')}`
  if (!force) {
    throw new CheckpointError(
      `${what}. Resume with the same ${changed.join(' and ')}, or start a new run. It can be forced, but then the run is no longer what it would have been.`,
      folder,
    )
  }
  onWarning?.(`${what}; going on all the same, as was forced.`)
  return changed
}
