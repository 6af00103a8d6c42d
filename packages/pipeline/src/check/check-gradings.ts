import { join } from 'node:path'
import { parseCompletions, parseGradings, parseReport, readJournal } from '@tinystories/grader'
import { parseMeasures } from '@tinystories/grader/measures'
import { readTextFile } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'
import { gradingFolder } from '../grade/grading-folder.ts'
import { checkLastLine } from './check-lines.ts'
import type { Checker } from './checker.ts'

const perJudge = /^gradings-\d+\.json$/

/** Folders of gradings: completions, answers, the journal with its checks, gradings, measures and report. */
export const gradingChecker: Checker = {
  matches: names =>
    names.has('gradings.json') ||
    names.has('journal.jsonl') ||
    (names.has('completions.jsonl') && names.has('settings.json')),
  async check(folder, context, names) {
    const { attempt } = context
    const files = gradingFolder(folder)
    context.count('gradings')
    const read = async (path: string, parse: (text: string, path: string) => unknown): Promise<void> => {
      await attempt(path, async () => parse(await readTextFile(path, { maxBytes: 2 ** 28 }), path))
    }
    for (const name of names) {
      const path = join(folder, name)
      if (path === files.gradings || perJudge.test(name)) await read(path, parseGradings)
      else if (path === files.measures) await read(path, parseMeasures)
      else if (path === files.report('json')) await read(path, parseReport)
      else if (path === files.settings) await read(path, text => parseJson(text, { source: path }))
      else if (path === files.completions || path === files.answers) {
        await read(path, text => {
          const whole = text.slice(0, text.lastIndexOf('\n') + 1)
          return whole === '' ? [] : parseCompletions(whole, path)
        })
        await attempt(path, () => checkLastLine(path, context))
      } else if (path === files.journal) {
        await attempt(path, () => readJournal(path))
        await attempt(path, () => checkLastLine(path, context))
      }
    }
  },
}
