import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openStories, openTokenShards, openTokens, writeTokenShards } from '@tinystories/dataset'
import {
  buildReport,
  parseCompletions,
  parseGradings,
  parsePrompts,
  parseReport,
  parseRubric,
  parseScores,
  renderGradings,
  renderJson,
  rubricVersion,
  storyRubric,
} from '@tinystories/grader'
import { createChatClient } from '@tinystories/llm'
import { gptConfig, initParameters, parameterShapes } from '@tinystories/model'
import { encodePretrained, loadPretrainedArrays } from '@tinystories/model/files'
import { readMetrics, readSettings, runFolder } from '@tinystories/pipeline'
import { loadTokenizer, parseTokenizer, trainTokenizer } from '@tinystories/tokenizer'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { tarOf } from '../../../packages/dataset/src/testing/tar-of.ts'
import type { Reader } from './fuzz-reader.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const bytesOf = (value: unknown): Uint8Array =>
  encoder.encode(typeof value === 'string' ? value : JSON.stringify(value))

const stories = Array.from(
  { length: 6 },
  (_, i) => `Mia had ${i} balls, "red" and blue.\nShe gave ${i + 1} to her friend. They were happy.`,
)

/** A reader of a file in a folder. */
function fileReader(
  name: string,
  seeds: () => Promise<Uint8Array[]> | Uint8Array[],
  read: (path: string) => Promise<unknown>,
): Reader {
  return {
    seeds,
    async read(input, folder) {
      const path = join(folder, name)
      await writeFile(path, input)
      return read(path)
    },
  }
}

/** A reader of a text. */
function textReader(seeds: () => unknown[], read: (text: string) => unknown): Reader {
  return { seeds: () => seeds().map(bytesOf), read: async input => read(decoder.decode(input)) }
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

const storyFile = (name: string, ...seeds: (string | Uint8Array)[]): Reader =>
  fileReader(
    name,
    () => seeds.map(each => (typeof each === 'string' ? bytesOf(each) : each)),
    path => drain(openStories(path)),
  )

async function smallModel(): Promise<Record<string, Uint8Array>> {
  const { useBackend } = await import('@tinystories/backends')
  await import('@tensorflow/tfjs-backend-cpu')
  await useBackend('cpu')
  const config = gptConfig('sample', { hiddenSize: 4, layers: 1, heads: 2, contextLength: 8, vocabSize: 12 })
  const tensors = initParameters(config, 1)
  const parameters = Object.fromEntries(
    Object.keys(parameterShapes(config)).map(name => [name, tensors[name]!.dataSync() as Float32Array]),
  )
  const files = await encodePretrained({ config, parameters })
  return Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(async ([name, parts]) => [
        name,
        new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
      ]),
    ),
  )
}

/** Reads a model of which one file is the input. */
function modelFile(name: 'config.json' | 'model.safetensors'): Reader {
  let model: Promise<Record<string, Uint8Array>> | undefined
  const files = (): Promise<Record<string, Uint8Array>> => {
    model ??= smallModel()
    return model
  }
  return {
    seeds: async () => [(await files())[name]!],
    async read(input) {
      const all = { ...(await files()), [name]: input }
      return loadPretrainedArrays(
        Object.fromEntries(Object.entries(all).map(([file, bytes]) => [file, new Blob([bytes as BlobPart])])),
      )
    },
  }
}

const completion = { promptId: 'a', prompt: 'Mia had a', trial: 0, text: ' ball.' }
const reply = 'Grammar: 8/10, Creativity: 7/10, Consistency: 7/10, Plot: 4/10, Age group: E (10-12)'
const gradingRun = () => ({
  name: 'model',
  judge: 'judge',
  rubric: storyRubric,
  rubricVersion: rubricVersion(storyRubric),
  gradings: [
    {
      completion,
      regrade: 0,
      status: 'graded' as const,
      judgment: {
        scores: parseScores(reply, storyRubric).scores,
        problems: {},
        assessment: 'Good.',
        replies: [reply],
        flags: [],
        model: 'judge',
        usage: { inputTokens: 9, outputTokens: 9 },
        cost: 0,
      },
    },
  ],
})

const chatReply = {
  id: '1',
  model: 'judge',
  choices: [{ index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 },
}
const chat = (body: BodyInit, cacheDir?: string) =>
  createChatClient({
    model: 'judge',
    baseURL: 'http://127.0.0.1:9/v1',
    apiKey: 'none',
    maxRetries: 0,
    ...(cacheDir !== undefined && { cacheDir }),
    fetch: async () => new Response(body, { headers: { 'content-type': 'application/json' } }),
  })
const request = { messages: [{ role: 'user' as const, content: 'Judge this.' }] }

const words = ['the', 'cat', 'sat', 'a', 'b', 'c', '##s']
const wordPiece = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '[UNK]', special: true }],
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  decoder: { type: 'WordPiece', prefix: '##' },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(['[UNK]', ...words].map((word, id) => [word, id])),
  },
}
const bytePair = {
  version: '1.0',
  added_tokens: [{ id: 5, content: '<|endoftext|>', special: true }],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: { t: 0, h: 1, e: 2, th: 3, the: 4, '<|endoftext|>': 5 },
    merges: ['t h', 'th e'],
  },
}

/** Every reader of what comes from outside, by name. */
export const readers: Readonly<Record<string, Reader>> = {
  'stories.txt': storyFile('stories.txt', stories.join('\n<|endoftext|>\n')),
  'stories.csv': storyFile(
    'stories.csv',
    `id,text\n${stories.map((s, i) => `${i},"${s.replaceAll('"', '""')}"`).join('\n')}`,
  ),
  'stories.json': storyFile('stories.json', JSON.stringify(stories.map(text => ({ text })))),
  'stories.jsonl': storyFile('stories.jsonl', stories.map(text => JSON.stringify({ text })).join('\n')),
  'stories.txt.gz': storyFile('stories.txt.gz', gzipSync(stories.join('\n<|endoftext|>\n'))),
  'stories.tar': storyFile(
    'stories.tar',
    tarOf({ 'data00.json': JSON.stringify(stories.map(story => ({ story }))) }),
  ),
  'stories.tar.gz': storyFile(
    'stories.tar.gz',
    gzipSync(tarOf({ 'data00.json': JSON.stringify(stories.map(story => ({ story }))) })),
  ),
  'stories.parquet': storyFile(
    'stories.parquet',
    new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'text', data: stories, type: 'STRING' }] })),
  ),
  'tokens.bin': fileReader(
    'tokens.bin',
    () => [new Uint8Array(Uint16Array.from({ length: 400 }, (_, i) => (i % 50 === 0 ? 5 : i % 5)).buffer)],
    path => drain(openTokens(path, { eos: 5 })),
  ),
  'shard-index': {
    async seeds() {
      const folder = await mkdtemp(join(tmpdir(), 'fuzz-shards-'))
      try {
        const index = await shardFolder(folder)
        return [await readFile(join(folder, index))]
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    async read(input, folder) {
      const index = await shardFolder(folder)
      await writeFile(join(folder, index), input)
      const shards = await openTokenShards(folder)
      await drain(shards.stories())
    },
  },
  'tokenizer.json': textReader(
    () => [wordPiece, bytePair],
    async text => {
      const { parseJson } = await import('@tinystories/utils/schema')
      const tokenizer = await parseTokenizer(parseJson(text, { source: 'tokenizer.json' }))
      tokenizer.decode(tokenizer.encode('The cat sat, José.').ids)
    },
  ),
  'vocab.json': {
    seeds: () => [bytesOf(bytePair.model.vocab)],
    async read(input, folder) {
      await writeFile(join(folder, 'vocab.json'), input)
      await writeFile(join(folder, 'merges.txt'), '#version: 0.2\nt h\nth e\n')
      return (await loadTokenizer(join(folder, 'vocab.json'))).encode('the hat')
    },
  },
  'merges.txt': {
    seeds: () => [bytesOf('#version: 0.2\nt h\nth e\n')],
    async read(input, folder) {
      await writeFile(join(folder, 'vocab.json'), JSON.stringify(bytePair.model.vocab))
      await writeFile(join(folder, 'merges.txt'), input)
      return (await loadTokenizer(join(folder, 'vocab.json'))).encode('the hat')
    },
  },
  'vocab.txt': fileReader(
    'vocab.txt',
    () => [bytesOf(['[UNK]', '[CLS]', '[SEP]', ...words].join('\n'))],
    async path => (await loadTokenizer(path)).encode('the cats'),
  ),
  'model.safetensors': modelFile('model.safetensors'),
  'config.json': modelFile('config.json'),
  gradings: textReader(
    () => [renderGradings(gradingRun())],
    text => buildReport([parseGradings(text, 'gradings.json')]),
  ),
  report: textReader(
    () => [renderJson(buildReport([gradingRun()]))],
    text => parseReport(text, 'report.json'),
  ),
  rubric: textReader(
    () => [storyRubric],
    text => parseRubric(text, 'rubric.yaml'),
  ),
  prompts: textReader(
    () => [
      '- Once upon a time\n- id: b\n  text: "Mia had"\n',
      ['Once upon a time', { id: 'b', text: 'Mia had' }],
    ],
    text => parsePrompts(text, 'prompts.yaml'),
  ),
  completions: textReader(
    () => [JSON.stringify({ ...completion, completion: completion.text })],
    text => parseCompletions(text, 'completions.jsonl'),
  ),
  scores: textReader(
    () => [reply, JSON.stringify({ grammar: 8, creativity: '7/10', consistency: 7, plot: 4, age: 'E' })],
    text => parseScores(text, storyRubric),
  ),
  metrics: fileReader(
    'metrics.jsonl',
    () => [
      bytesOf(
        [
          {
            type: 'step',
            step: 1,
            tokens: 9,
            seconds: 1,
            loss: 2,
            bitsPerByte: 1,
            learningRate: 0.1,
            gradientNorm: 1,
            tokensPerSecond: 9,
          },
          {
            type: 'evaluation',
            step: 1,
            seconds: 1,
            tokens: 9,
            bytes: 30,
            loss: 2,
            nats: 2,
            bitsPerByte: 1,
            perplexity: 7,
          },
          { type: 'sample', step: 1, seconds: 1, text: 'Once' },
        ]
          .map(line => JSON.stringify(line))
          .join('\n'),
      ),
    ],
    path => readMetrics(path),
  ),
  'run-config': {
    // No valid one: a run makes it. Mutations of its beginning still reach the schema.
    seeds: () => [],
    extra: () => [bytesOf({ version: 1, kind: 'run', settings: { seed: 1, recipe: { optimizer: 'muon' } } })],
    async read(input, folder) {
      const run = runFolder(folder)
      await writeFile(run.config, input)
      return readSettings(run)
    },
  },
  'chat-reply': {
    seeds: () => [bytesOf(chatReply)],
    read: input => chat(input as BodyInit).complete(request),
  },
  'chat-cache': {
    seeds: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'fuzz-cache-'))
      try {
        return [await readFile(await cachedReply(folder))]
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    async read(input, folder) {
      await writeFile(await cachedReply(folder), input)
      return chat(JSON.stringify(chatReply), folder).complete(request)
    },
  },
}

async function shardFolder(folder: string): Promise<string> {
  const tokenizer = await trainTokenizer(stories, { vocabSize: 240 })
  await writeTokenShards(openStories(stories), tokenizer, folder)
  const [index] = (await readdir(folder)).filter(name => name.endsWith('.json'))
  return index!
}

/** Puts a reply into a cache; the file that holds it, which is the largest. */
async function cachedReply(folder: string): Promise<string> {
  await chat(JSON.stringify(chatReply), folder).complete(request)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(each => each.isFile()).map(each => join(each.parentPath, each.name))
  const sizes = await Promise.all(paths.map(async path => ({ path, size: (await stat(path)).size })))
  return sizes.toSorted((x, y) => y.size - x.size)[0]!.path
}
