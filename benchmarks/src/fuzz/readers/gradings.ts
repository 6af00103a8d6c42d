import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildReport,
  type GradingRun,
  openJournal,
  parseCompletions,
  parseGrades,
  parseGradings,
  parsePrompts,
  parseReport,
  parseRubric,
  parseScores,
  renderGradings,
  renderHtml,
  renderJson,
  rubricVersion,
  storyRubric,
} from '@tinystories/grader'
import { parseAnswerPrompts } from '@tinystories/grader/measures'
import { canonicalJson, hashText } from '../../../../packages/grader/src/hash.ts'
import { bytesOf, type Reader, textReader } from '../reader.ts'

const completion = { promptId: 'a', prompt: 'Mia had a', trial: 0, text: ' ball.' }
/** What a judge replies. */
export const reply = 'Grammar: 8/10, Creativity: 7/10, Consistency: 7/10, Plot: 4/10, Age group: E (10-12)'
const judgment = () => ({
  scores: parseScores(reply, storyRubric).scores,
  problems: {},
  assessment: 'Good.',
  replies: [reply],
  flags: [],
  model: 'judge',
  usage: { inputTokens: 9, outputTokens: 9 },
  cost: 0,
})
const gradingRun = (): GradingRun => ({
  name: 'model',
  judge: 'judge',
  rubric: storyRubric,
  rubricVersion: rubricVersion(storyRubric),
  gradings: [{ completion, regrade: 0, status: 'graded' as const, judgment: judgment() }],
})
const row = { prompt_id: 'a', prompt: completion.prompt, completion: completion.text, grammar: 8, plot: 4 }

function journalLine(entry: { key: string; judgment: unknown }): string {
  return `${JSON.stringify({ check: hashText(canonicalJson(entry), 12), ...entry })}\n`
}
const journal = (): string =>
  `${JSON.stringify({ format: 'tinystories-grading-journal', version: 2 })}\n${['a', 'b']
    .map(key => journalLine({ key, judgment: judgment() }))
    .join('')}`

/** Readers of what judges and people say. */
export const gradingReaders: Record<string, Reader> = {
  gradings: textReader(
    () => [renderGradings(gradingRun())],
    text => renderHtml(buildReport([parseGradings(text, 'gradings.json')])),
  ),
  report: textReader(
    () => [renderJson(buildReport([gradingRun()]))],
    text => renderHtml(parseReport(text, 'report.json')),
  ),
  rubric: textReader(
    () => [storyRubric],
    text => parseRubric(text, 'rubric.yaml'),
  ),
  prompts: textReader(
    () => [
      '- Once upon a time\n- id: b\n  text: "Mia had"\n',
      ['Once upon a time', { id: 'b', text: 'Mia had' }],
    ],
    text => parsePrompts(text, 'prompts.yaml'),
  ),
  'answer-prompts': textReader(
    () => ['- prompt: The sky is\n  kind: factual\n  accept: [blue]\n- Mia had\n'],
    text => parseAnswerPrompts(text, 'prompts.yaml'),
  ),
  completions: textReader(
    () => [JSON.stringify({ ...completion, completion: completion.text })],
    text => parseCompletions(text, 'completions.jsonl'),
  ),
  grades: textReader(
    () => [
      [row, { ...row, model: 'b', grammar: '7/10' }],
      [row, row].map(each => JSON.stringify(each)).join('\n'),
      `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`,
    ],
    text => buildReport(parseGrades(text, 'grades.csv').runs),
  ),
  scores: textReader(
    () => [reply, JSON.stringify({ grammar: 8, creativity: '7/10', consistency: 7, plot: 4, age: 'E' })],
    text => parseScores(text, storyRubric),
  ),
  journal: {
    seeds: () => [bytesOf(journal())],
    reseal(input) {
      const lines = new TextDecoder().decode(input).split('\n')
      const sealed = lines.map(line => {
        try {
          const { key, judgment } = JSON.parse(line)
          return typeof key === 'string' ? journalLine({ key, judgment }).trimEnd() : line
        } catch {
          return line
        }
      })
      return bytesOf(sealed.join('\n'))
    },
    async read(input, folder) {
      const path = join(folder, 'journal.jsonl')
      writeFileSync(path, input)
      const opened = await openJournal(path)
      await opened.close()
    },
  },
}
