/**
 * Runs checkpoints that `exportModel` writes with llama2.c, and compares the texts that it writes greedily with ours.
 *
 *     gcc -O2 -o LLAMA2C/run LLAMA2C/run.c -lm
 *     TINYSTORIES_LLAMA2C=LLAMA2C node --conditions=@tinystories/source packages/pipeline/scripts/check-llama2c.ts [MODEL...]
 *
 * Without a model it makes some with random weights.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { generateBatch } from '@tinystories/model/generation'
import { exportModel } from '../src/export/export-model.ts'
import { openModel } from '../src/model/open-model.ts'
import { type Check, compareModels } from './compare-models.ts'
import { exampleModels } from './example-models.ts'

const checkout = process.env.TINYSTORIES_LLAMA2C
if (checkout === undefined)
  throw new Error('Set TINYSTORIES_LLAMA2C to a checkout of llama2.c where run is built.')
const run = resolve(checkout, 'run')
const folder = await mkdtemp(join(tmpdir(), 'llama2c-'))
const examples = exampleModels.filter(({ llama2c }) => llama2c)

/** llama2.c leaves out bytes that are not printable by themselves. */
const printable = (text: string): string =>
  [...Buffer.from(text)].filter(byte => (byte >= 32 && byte < 127) || (byte >= 9 && byte <= 13)).join()

async function compare(source: string, check: Check): Promise<void> {
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
    check(`${prompt.length} + ${generated.length} tokens`, same)
    if (!same) process.stdout.write(`  ${JSON.stringify(got)}\n  ${JSON.stringify(expected)}\n`)
  }
}

await compareModels('llama2.c', folder, compare, examples)
