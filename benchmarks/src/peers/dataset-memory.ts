// Streams a file through parse + shuffle + tokenise + pack in a process of its own, and writes a line with the resident
// memory for every so many bytes: `MB read, RSS in bytes`. Arguments: the file, tokenizer.json, bytes between two lines.
import { openStories } from '@tinystories/dataset'
import { loadTokenizer } from '@tinystories/tokenizer'

const [file, tokenizerJson, every] = process.argv.slice(2)
const tokenizer = await loadTokenizer(tokenizerJson!)
const cursor = openStories(file!)
  .shuffle({ seed: 1 })
  .tokenize(tokenizer)
  .pack({ contextLength: 256 })
  .batch(8)
  .prefetch(4)
  .iterate()
let next = 0
for await (const _ of cursor) {
  const { bytesRead } = cursor.progress()
  if (bytesRead < next) continue
  next += Number(every)
  process.stdout.write(`${JSON.stringify({ bytesRead, rss: process.memoryUsage().rss })}\n`)
}
const { bytesRead, items } = cursor.progress()
process.stdout.write(`${JSON.stringify({ bytesRead, rss: process.memoryUsage().rss, items })}\n`)
