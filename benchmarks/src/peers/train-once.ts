/** Trains a vocabulary once in a process of its own and prints its peak resident memory in bytes. */
import { readFileSync } from 'node:fs'
import { trainTokenizer } from '@tinystories/tokenizer'

const [path, vocabSize] = process.argv.slice(2)
const stories = readFileSync(path!, 'utf8').split('\n<|endoftext|>\n')
await trainTokenizer(stories, { vocabSize: Number(vocabSize) })
console.log(process.resourceUsage().maxRSS * 1024)
