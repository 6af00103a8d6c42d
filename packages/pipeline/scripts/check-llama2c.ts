/**
 * Runs checkpoints that `exportModel` writes with llama2.c, and compares the texts that it writes greedily with ours.
 *
 *     gcc -O2 -o LLAMA2C/run LLAMA2C/run.c -lm
 *     TINYSTORIES_LLAMA2C=LLAMA2C node --conditions=@tinystories/source packages/pipeline/scripts/check-llama2c.ts [MODEL...]
 *
 * Without a model it makes some with random weights.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { generateBatch } from '@tinystories/model/generation'
import { exportModel } from '../src/export/export-model.ts'
import { openModel } from '../src/model/open-model.ts'
import { exampleModels, makeExample } from './example-models.ts'

const checkout = process.env.TINYSTORIES_LLAMA2C
if (checkout === undefined)
  throw new Error('Set TINYSTORIES_LLAMA2C to a checkout of llama2.c where run is built.')
const run = resolve(checkout, 'run')
const folder = await mkdtemp(join(tmpdir(), 'llama2c-'))
let failures = 0

/** llama2.c leaves out bytes that are not printable by themselves. */
const printable = (text: string): string =>
  [...Buffer.from(text)].filter(byte => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13)).join()

async function compare(name: string, source: string): Promise<void> {
  const out = join(folder, `${Math.random()}`)
  await exportModel({ model: source, format: 'llama2c', folder: out })
  await using opened = await openModel(source)
  const { tokenizer, model } = opened
  const start = opened.startId ?? tokenizer.endOfTextId!
  for (const text of ['', 'Once upon a time', 'Tom and the dog']) {
    const { ids } = tokenizer.encode(text === '' ? '' : ` ${text}`, { addSpecialTokens: false })
    const prompt = [start, ...ids]
    const maxTokens = model.config.contextLength - prompt.length + 1
    const [story] = await generateBatch(model, [prompt], { temperature: 0, maxTokens, stopIds: [start] })
    const generated = story!.ids.filter(id => id !== start)
    // Token by token: bytes that are no character stay what they are.
    const expected = [...ids, ...generated]
      .map(id => tokenizer.decode([id]))
      .join('')
      .replace(/^ /, '')
    const args = [join(out, 'model.bin'), '-z', join(out, 'tokenizer.bin'), '-t', '0', '-n', '0', '-i', text]
    const got = execFileSync(run, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .replace(/\n$/, '')
    const same = printable(got) === printable(expected)
    if (!same) failures++
    process.stdout.write(
      `${same ? 'same' : 'DIFFERENT'}: ${name}, ${prompt.length} + ${generated.length} tokens\n`,
    )
    if (!same) process.stdout.write(`  ${JSON.stringify(got)}\n  ${JSON.stringify(expected)}\n`)
  }
}

try {
  const given = process.argv.slice(2)
  for (const source of given) await compare(source, source)
  if (given.length === 0)
    for (const example of exampleModels.filter(({ llama2c }) => llama2c))
      await compare(example.name, await makeExample(folder, example))
} finally {
  await rm(folder, { recursive: true })
}
process.stdout.write(`llama2.c: ${failures === 0 ? 'all the same' : `${failures} differences`}\n`)
process.exit(failures === 0 ? 0 : 1)
