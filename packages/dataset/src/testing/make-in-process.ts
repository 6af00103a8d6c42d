// A process that is killed in tests: makes stories and says how many there are whenever one is written.
import { createChatClient } from '@tinystories/llm'
import { makeStories } from '../making/make-stories.ts'

const [baseURL, out, count] = process.argv.slice(2) as [string, string, string]
const teller = createChatClient({
  model: 'local',
  baseURL,
  apiKey: 'any',
  cacheDir: `${out}.making/replies`,
  retryDelay: 5,
})
await makeStories({
  teller,
  out,
  count: Number(count),
  seed: 5,
  instruct: true,
  onProgress: ({ stories }) => process.stdout.write(`${stories}\n`),
})
