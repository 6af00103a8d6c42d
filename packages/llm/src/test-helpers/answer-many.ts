// A process that is killed in tests: asks for `count` replies and says the number of each when it has it.
import { createChatClient } from '../index.ts'

const [baseURL, cacheDir, count] = process.argv.slice(2) as [string, string, string]
const client = createChatClient({ model: 'local', baseURL, apiKey: 'any', cacheDir, retryDelay: 20 })
await Promise.all(
  Array.from({ length: Number(count) }, async (_, i) => {
    const { text } = await client.complete({ messages: [{ role: 'user', content: `${i} is the number` }] })
    if (text !== `number the is ${i}`) throw new Error(`${i}: ${text}`)
    process.stdout.write(`${i}\n`)
  }),
)
process.stdout.write(`paid ${client.account().requests} hits ${client.account().cacheHits}\n`)
