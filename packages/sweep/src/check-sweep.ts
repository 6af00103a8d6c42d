import { join } from 'node:path'
import type { Checker } from '@tinystories/pipeline'
import { readTextFileIfPresent } from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import { openSweep } from './open-sweep.ts'
import { checkResult, failureSchema } from './tasks/task-store.ts'

/** Checks the folders of sweeps: what was asked for, and the result of every task with its check. */
export const sweepChecker: Checker = {
  matches: names => names.has('sweep.json'),
  async check(folder, { count, attempt, signal }) {
    count('sweep')
    const sweep = await attempt(join(folder, 'sweep.json'), () => openSweep(folder))
    for (const task of sweep?.tasks ?? []) {
      signal?.throwIfAborted()
      const at = sweep!.store.folderOf(task)
      const result = join(at, 'result.json')
      await attempt(result, async () => {
        const text = await readTextFileIfPresent(result)
        if (text === undefined) return
        const { id } = checkResult(text, result, task.stage.resultSchema)
        if (id !== task.id)
          throw new InputError('invalid-value', {
            ...{ source: result, path: 'id' },
            ...{ expected: JSON.stringify(task.id), received: JSON.stringify(id) },
          })
      })
      const failure = join(at, 'failure.json')
      await attempt(failure, async () => {
        const text = await readTextFileIfPresent(failure)
        if (text !== undefined) parseValue(failureSchema, parseJson(text, { source: failure }), failure)
      })
    }
  },
}
