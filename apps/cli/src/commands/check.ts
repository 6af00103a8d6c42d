import { type CheckProblem, checkFolder } from '@tinystories/pipeline'
import { sweepChecker } from '@tinystories/sweep'
import { messageOf } from '../errors/describe-error.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printError, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

export interface CheckFlags {
  repair?: boolean
  json?: boolean
}

/**
 * Checks everything of ours in a folder.
 *
 * @returns the exit code: 0, 1 when anything is wrong that was not repaired, 130 when interrupted
 */
export function check(folder = 'runs', { repair = false, json = false }: CheckFlags): Promise<number> {
  return interruptible(
    async signal => {
      const progress = new ProgressLine()
      let folders = 0
      const { checked, problems, inUse } = await checkFolder(fromTyped(folder), {
        ...{ repair, signal, checkers: [sweepChecker] },
        onFolder: path => {
          folders++
          progress.update({ done: folders, total: undefined }, () => forDisplay(path))
        },
      }).finally(() => progress.end())
      const isGood = problems.every(({ repaired }) => repaired)
      if (json) {
        printJson({ folder, checked, inUse, problems: problems.map(problemJson) }, 2)
        return isGood ? 0 : 1
      }
      for (const problem of problems) printError(describe(problem))
      for (const path of inUse) print(`In use by a running process: ${forDisplay(path)}`)
      const counts = Object.entries(checked).map(([kind, count]) => `${kind}: ${count}`)
      print(counts.length === 0 ? `Nothing of TinyStories is in ${folder}.` : counts.join(', '))
      const wrong = problems.filter(each => !each.repaired)
      const repairable = wrong.filter(each => each.repair !== undefined).length
      if (wrong.length === 0)
        print(problems.length === 0 ? 'Nothing is wrong.' : 'Everything wrong was repaired.')
      else
        print(
          `${wrong.length} ${wrong.length === 1 ? 'thing is' : 'things are'} wrong${repairable === 0 ? '' : `, ${repairable} of which --repair puts right`}.`,
        )
      return isGood ? 0 : 1
    },
    () => printError('Interrupted. Nothing was changed.'),
  )
}

function describe({ path, error, repair, repaired }: CheckProblem): string {
  if (repaired)
    return `${repair === 'remove' ? 'Removed' : 'Cut off a half-written line'}: ${forDisplay(path)}`
  const message = messageOf(error, 'check')
  return `Wrong: ${message.includes(path) ? message : `${forDisplay(path)}: ${message}`}`
}

function problemJson({ path, error, repair, repaired }: CheckProblem): object {
  const { code, details } = error as { code?: unknown; details?: unknown }
  return { path, code, message: messageOf(error, 'check'), details, repair: repair ?? null, repaired }
}
