// Grades many completions, and prints how much is on the heap when half of them are done and when all are:
// node gradings.ts FOLDER COUNT
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storyRubric } from '@tinystories/grader'
import { createChatClient } from '@tinystories/llm'
import { gradeModel } from '@tinystories/pipeline'
import { playJudge } from '../../../packages/grader/src/testing/play-judge.ts'
import { heapBytes } from './heap-bytes.ts'

const [folder, count] = [process.argv[2]!, Number(process.argv[3])]
const source = join(folder, 'completions.jsonl')
const lines = Array.from({ length: count }, (_, i) =>
  JSON.stringify({
    promptId: `p${i % 50}`,
    prompt: 'Mia',
    trial: Math.floor(i / 50),
    completion: ` had ${i} balls.`,
  }),
)
await writeFile(source, lines.join('\n'))
lines.length = 0
const points: Record<number, number> = {}
await gradeModel({
  ...{ source, rubric: storyRubric, folder: join(folder, 'grades'), name: 'model' },
  judge: {
    concurrency: 16,
    createJudge: () =>
      createChatClient({
        ...{ model: 'judge', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none' },
        async fetch(_, init) {
          const { messages } = JSON.parse(String(init?.body))
          const choice = {
            index: 0,
            message: { role: 'assistant', content: playJudge(messages) },
            finish_reason: 'stop',
          }
          return Response.json({
            model: 'judge',
            choices: [choice],
            usage: { prompt_tokens: 3, completion_tokens: 9 },
          })
        },
      }),
  },
  onEvent(event) {
    if (event.type === 'grading' && (event.done === count / 2 || event.done === count))
      points[event.done] ??= heapBytes()
  },
})
process.stdout.write(JSON.stringify(Object.values(points)))
