// A process that is killed in tests: asks `count` questions and after each reply another, by batches; says what it paid.
import { createBatchClient } from '../index.ts'

const [baseURL, folder, count] = process.argv.slice(2) as [string, string, string]
const client = createBatchClient({
  model: 'local',
  baseURL,
  apiKey: 'any',
  cacheDir: `${folder}/cache`,
  stateFile: `${folder}/batch.json`,
  maxRequests: Number(count),
  quietFor: 2 ** 30,
  pollInterval: 5,
  retryDelay: 20,
})
const ask = async (content: string): Promise<string> =>
  (await client.complete({ messages: [{ role: 'user', content }] })).text
await Promise.all(
  Array.from({ length: Number(count) }, async (_, i) => {
    const first = await ask(`${i} is the number`)
    const second = await ask(`and ${first}`)
    if (second !== `${i} is the number and`) throw new Error(`${i}: ${second}`)
  }),
)
process.stdout.write(`paid ${client.account().requests} hits ${client.account().cacheHits}\n`)
