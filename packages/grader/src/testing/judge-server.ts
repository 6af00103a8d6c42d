import { startChatServer } from '@tinystories/llm/testing'
import { playJudge } from './play-judge.ts'

// A judge to try things with: `node --conditions=@tinystories/source judge-server.ts [port]`. Some of its answers are
// errors, break off, or come late; it wants the key `sk-local` and has the models `judge` and `other-judge`.
const port = Number(process.argv[2] ?? 0)
const server = await startChatServer({
  respond: ({ model, messages }) => playJudge(messages, { bias: model === 'judge' ? 0 : 0.6 }),
  models: ['judge', 'other-judge'],
  apiKey: 'sk-local',
  latency: [2, 20],
  faults: { serverError: 0.03, halfReply: 0.02, malformed: 0.02, reset: 0.02 },
  ...(port ? { port } : {}),
})
process.stdout.write(`${server.baseURL}\n`)
