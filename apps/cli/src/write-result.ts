import { dirname } from 'node:path'
import { createFolder, writeFileAtomically } from '@tinystories/utils/disk'
import { interruptible } from './terminal/interrupts.ts'
import { printError } from './terminal/output.ts'

/**
 * Writes a file that a command was asked for, with its folder. After Ctrl-C nothing half-written stays.
 *
 * @returns the exit code: 0, or 130 when interrupted
 */
export function writeResult(
  path: string,
  content: Parameters<typeof writeFileAtomically>[1],
): Promise<number> {
  return interruptible(
    async signal => {
      await createFolder(dirname(path))
      await writeFileAtomically(path, content, { signal })
      return 0
    },
    () => printError('Interrupted. Nothing was written.'),
  )
}
