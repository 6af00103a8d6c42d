// A process that is killed in tests: makes stories and says how many there are whenever one is written.
import { createChatClient } from '@tinystories/llm'
import { synthesizeStories } from '../synthesis/synthesize-stories.ts'

const [baseURL, out, count] = process.argv.slice(2) as [string, string, string]
const client = createChatClient({
  model: 'local',
  baseURL,
  apiKey: 'any',
  cacheDir: `${out}.synthesis/replies`,
  retryDelay: 5,
})
await synthesizeStories({
  client,
  out,
  count: Number(count),
  seed: 5,
  instruct: true,
  onProgress: ({ stories }) => process.stdout.write(`${stories}\n`),
})
