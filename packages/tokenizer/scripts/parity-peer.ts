/**
 * The JavaScript side of parity.py. `train TEXT OUT` trains a story vocabulary on a file of stories;
 * `encode TOKENIZER` answers each line {text, pair, options} of its input with a line of everything encoded.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Encoding, loadTokenizer, trainTokenizer } from '../src/index.ts'

const [command, path, out] = process.argv.slice(2)

function everything(encoding: Encoding): unknown {
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
  const tokenizer = await loadTokenizer(path!)
  const answers: string[] = []
  const flush = async (): Promise<void> => {
    const text = answers.splice(0).join('')
    if (!process.stdout.write(text)) await new Promise(resolve => process.stdout.once('drain', resolve))
  }
  for await (const line of createInterface({ input: createReadStream('/dev/stdin') })) {
    const { text, pair, options } = JSON.parse(line)
    let answer: unknown
    try {
      const encoding = tokenizer.encode(text, {
        ...options,
        offsets: true,
        ...(pair === null ? {} : { pair }),
      })
      answer = { ...(everything(encoding) as object), decoded: tokenizer.decode(encoding.ids) }
    } catch (error) {
      answer = { error: String(error) }
    }
    answers.push(`${JSON.stringify(answer)}\n`)
    if (answers.length === 256) await flush()
  }
  await flush()
}
