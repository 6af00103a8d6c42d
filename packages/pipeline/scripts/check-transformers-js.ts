/**
 * Opens exports of `exportModel` with transformers.js, and compares tokens, texts and what is generated greedily, one text and
 * several of different lengths together.
 *
 *     mkdir /tmp/tjs && cd /tmp/tjs && npm init -y && ONNXRUNTIME_NODE_INSTALL=skip npm install @huggingface/transformers@4.3.2
 *     TINYSTORIES_TRANSFORMERS_JS=/tmp/tjs node --conditions=@tinystories/source \\
 *       packages/pipeline/scripts/check-transformers-js.ts [MODEL...]
 *
 * Without a model it makes one of each layout with random weights.
 */
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generateBatch } from '@tinystories/model/generation'
import { exportModel } from '../src/export/export-model.ts'
import { openModel } from '../src/model/open-model.ts'
import { compareModels } from './compare-models.ts'
import { exampleStories } from './example-models.ts'

interface Tensor {
  dims: number[]
  tolist(): (number | bigint)[][]
}
type Encode = (
  texts: string[],
  options: { padding: boolean; add_special_tokens: boolean },
) => { input_ids: Tensor; attention_mask: Tensor }
interface Library {
  env: { allowRemoteModels: boolean; localModelPath: string }
  AutoTokenizer: { from_pretrained(name: string): Promise<Encode & { decode(ids: number[]): string }> }
  AutoModelForCausalLM: {
    from_pretrained(name: string): Promise<{ generate(options: object): Promise<Tensor> }>
  }
}

const installed = process.env.TINYSTORIES_TRANSFORMERS_JS
if (installed === undefined)
  throw new Error(
    'Set TINYSTORIES_TRANSFORMERS_JS to the folder where @huggingface/transformers is installed.',
  )
const root = resolve(installed, 'node_modules/@huggingface/transformers')
const library = (await import(pathToFileURL(join(root, 'dist/transformers.node.mjs')).href)) as Library
library.env.allowRemoteModels = false

const folder = await mkdtemp(join(tmpdir(), 'transformers-js-'))
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }

await compareModels(`@huggingface/transformers ${version}`, folder, async (source, check) => {
  const out = join(folder, `onnx-${Math.random()}`)
  await exportModel({ model: source, format: 'onnx', folder: out })
  library.env.localModelPath = dirname(out)
  await using opened = await openModel(source)
  const tokenizer = await library.AutoTokenizer.from_pretrained(basename(out))
  const model = await library.AutoModelForCausalLM.from_pretrained(basename(out))
  for (const text of exampleStories) {
    const ids = [...opened.tokenizer.encode(text, { addSpecialTokens: false }).ids]
    const theirs = tokenizer([text], { padding: false, add_special_tokens: false }).input_ids
    check(`${ids.length} tokens of a text`, theirs.tolist()[0]!.map(Number).join() === ids.join())
    check('their text', tokenizer.decode(ids) === opened.tokenizer.decode(ids))
  }
  const start = opened.startId ?? opened.tokenizer.endOfTextId!
  const before = opened.tokenizer.idToToken(start)!
  const all = ['Once upon a time', 'Tom', 'Sam saw a big']
  for (const texts of [all.slice(0, 1), all]) {
    const prompts = texts.map(text => [
      start,
      ...opened.tokenizer.encode(text, { addSpecialTokens: false }).ids,
    ])
    const longest = Math.max(...prompts.map(({ length }) => length))
    const maxTokens = Math.min(40, opened.model.config.contextLength - longest)
    const inputs = tokenizer(
      texts.map(text => before + text),
      { padding: true, add_special_tokens: false },
    )
    const output = await model.generate({ ...inputs, do_sample: false, max_new_tokens: maxTokens })
    const expected = await generateBatch(opened.model, prompts, {
      temperature: 0,
      maxTokens,
      stopIds: [start],
    })
    const got = output.tolist().map(row => row.slice(inputs.input_ids.dims[1]!).map(Number))
    for (const [i, { ids }] of expected.entries())
      check(
        `${ids.length} greedy tokens, text ${i + 1} of ${texts.length}`,
        got[i]!.slice(0, ids.length).join() === ids.join(),
      )
  }
})
