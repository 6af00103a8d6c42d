/**
 * The JavaScript side of parity.py and fuzz.py. `train TEXT OUT` trains a story vocabulary on a file of stories.
 * `encode` answers each line {tokenizer}, the content of a tokenizer.json, with a line {} or {error}, and each line
 * {text, pair, options} with everything that this tokenizer makes of it.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import {
  type EncodeOptions,
  type Encoding,
  parseTokenizer,
  type Tokenizer,
  trainTokenizer,
} from '../src/index.ts'

interface Request {
  tokenizer?: unknown
  text: string
  pair?: string | null
  options?: EncodeOptions
}

const [command, path, out] = process.argv.slice(2)

function everything(encoding: Encoding): object {
  return {
    ids: [...encoding.ids],
    offsets: encoding.offsets.flat(),
    words: encoding.wordIds,
    types: [...encoding.typeIds],
    attention: [...encoding.attentionMask],
    special: [...encoding.specialTokensMask],
    sequences: encoding.sequenceIds,
    overflowing: encoding.overflowing.map(everything),
  }
}

if (command === 'train') {
  const stories = readFileSync(path!, 'utf8').split('\n<|endoftext|>\n')
  await (await trainTokenizer(stories)).save(out!)
} else {
  let tokenizer: Tokenizer | undefined
  const answers: string[] = []
  const flush = async (): Promise<void> => {
    const text = answers.splice(0).join('')
    if (!process.stdout.write(text)) await new Promise(resolve => process.stdout.once('drain', resolve))
  }
  for await (const line of createInterface({ input: createReadStream('/dev/stdin') })) {
    const { tokenizer: json, ...request } = JSON.parse(line) as Request
    let answer: unknown = {}
    try {
      if (json !== undefined) {
        tokenizer = undefined
        tokenizer = parseTokenizer(json)
      } else answer = answerTo(tokenizer!, request)
    } catch (error) {
      answer = { error: String(error) }
    }
    answers.push(`${JSON.stringify(answer)}\n`)
    if (answers.length === 256) await flush()
  }
  await flush()
}

/** Encodes and decodes; the stream must decode the same. */
function answerTo(tokenizer: Tokenizer, { text, pair, options }: Request): unknown {
  const encoding = tokenizer.encode(text, { ...options, offsets: true, ...(pair == null ? {} : { pair }) })
  const decoded = tokenizer.decode(encoding.ids)
  const stream = tokenizer.decodeStream()
  const streamed = Array.from(encoding.ids, id => stream.push(id)).join('') + stream.end()
  if (streamed !== decoded) throw new Error(`streamed ${streamed}, decoded ${decoded}`)
  return { ...everything(encoding), decoded }
}
