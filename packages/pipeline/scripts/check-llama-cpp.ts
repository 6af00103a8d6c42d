/**
 * Opens GGUF files that `exportModel` writes with llama.cpp, and compares tokens, texts and what is generated greedily.
 *
 *     mkdir /tmp/llama && cd /tmp/llama && npm init -y
 *     npm install node-llama-cpp@3.21.1 @node-llama-cpp/linux-x64@3.21.1 --omit=optional --ignore-scripts
 *     TINYSTORIES_LLAMA=/tmp/llama node --conditions=@tinystories/source packages/pipeline/scripts/check-llama-cpp.ts [MODEL...]
 *
 * Without a model it makes one of each layout with random weights.
 */
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ggufContext } from '@tinystories/model/files'
import { generateBatch } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'
import { exportModel } from '../src/export/export-model.ts'
import { openModel } from '../src/model/open-model.ts'
import { type Check, compareModels } from './compare-models.ts'
import { exampleModels, exampleStories as stories } from './example-models.ts'

interface LlamaModel {
  tokenize(text: string): number[]
  detokenize(tokens: readonly number[]): string
  createContext(options: { contextSize: number; threads: number }): Promise<{
    getSequence(): {
      evaluate(tokens: readonly number[], options: { temperature: number }): AsyncIterable<number>
    }
    dispose(): Promise<void>
  }>
  dispose(): Promise<void>
}

const installed = process.env.TINYSTORIES_LLAMA
if (installed === undefined)
  throw new Error('Set TINYSTORIES_LLAMA to the folder where node-llama-cpp is installed.')
const file = pathToFileURL(resolve(installed, 'node_modules/node-llama-cpp/dist/index.js')).href
const { getLlama } = await import(file)
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' })

const folder = await mkdtemp(join(tmpdir(), 'llama-'))

function encode(tokenizer: Tokenizer, text: string): number[] {
  return [...tokenizer.encode(text, { addSpecialTokens: false }).ids]
}

const { version } = JSON.parse(
  await readFile(resolve(installed, 'node_modules/node-llama-cpp/package.json'), 'utf8'),
)
const examples = exampleModels.filter(({ gguf }) => gguf)

async function compare(source: string, check: Check): Promise<void> {
  const out = join(folder, `gguf-${Math.random()}`)
  await exportModel({ model: source, format: 'gguf', folder: out })
  await using opened = await openModel(source)
  const { tokenizer, model: ours } = opened
  const model: LlamaModel = await llama.loadModel({ modelPath: join(out, 'model.gguf') })
  for (const text of stories) {
    const ids = encode(tokenizer, text)
    check(`${ids.length} tokens of a text`, model.tokenize(text).join() === ids.join())
    check('their text', model.detokenize(ids).trim() === tokenizer.decode(ids).trim())
  }
  const contextSize = ggufContext(ours.config)
  // One thread: several wait for each other in busy loops, for minutes where other programs run.
  const context = await model.createContext({ contextSize, threads: 1 })
  const prompt = [opened.startId ?? tokenizer.endOfTextId!, ...encode(tokenizer, 'Once upon')]
  const maxTokens = contextSize - prompt.length
  // llama.cpp ends where the text does.
  const stopIds = [tokenizer.endOfTextId!]
  const [expected] = await generateBatch(ours, [prompt], { temperature: 0, maxTokens, stopIds })
  const ids: number[] = []
  for await (const id of context.getSequence().evaluate(prompt, { temperature: 0 })) {
    ids.push(id)
    if (ids.length === maxTokens) break
  }
  check(`${expected!.ids.length} greedy tokens`, ids.join() === expected!.ids.join())
  await context.dispose()
  await model.dispose()
}

await compareModels(`node-llama-cpp ${version}`, folder, compare, examples)
