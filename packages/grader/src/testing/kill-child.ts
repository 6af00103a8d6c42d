import { writeFile } from 'node:fs/promises'
import { createChatClient } from '@tinystories/llm'
import { storyPrompts } from '../content/story-prompts.ts'
import { grade } from '../judging/grade.ts'
import { openJournal } from '../judging/open-journal.ts'
import { buildReport } from '../report/build-report.ts'
import { renderJson } from '../report/render-json.ts'

// Grades to the end and writes the report; a test starts it again and again, and kills it.
const [baseURL, folder, trials] = process.argv.slice(2) as [string, string, string]
const judge = createChatClient({
  model: 'judge',
  baseURL,
  apiKey: 'sk-local',
  cacheDir: `${folder}/cache`,
  retryDelay: 5,
  prices: { input: 1, output: 2 },
})
const journal = await openJournal(`${folder}/journal.jsonl`)
const generate = ({ seed }: { seed: number }): string =>
  ` they went home, and there were ${seed} apples on the table. All were happy.`
const run = await grade(
  { prompts: storyPrompts.slice(0, 20), generate },
  { judge, trials: Number(trials), concurrency: 8, journal },
)
await journal.close()
await writeFile(`${folder}/report.json`, renderJson(buildReport([run])))
