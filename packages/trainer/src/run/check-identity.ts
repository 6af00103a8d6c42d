import { TrainerError } from '../errors.ts'
import type { Checkpoint } from './checkpoint.ts'

/**
 * Compares what a checkpoint was made with and what the run is resumed with; a name that only one side has is not
 * compared.
 *
 * @returns names of what changed
 * @throws TrainerError `other-identity`, unless forced
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
  const error = new TrainerError('other-identity', { checkpoint: folder, changed })
  if (!force) throw error
  onWarning?.(`${error.problem} Resuming all the same.`)
  return changed
}
