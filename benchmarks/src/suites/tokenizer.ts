import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { type PythonPeer, startPythonPeer } from '../python-peer.ts'

export const name = 'tokenizer'
export const description =
  'bert-base-uncased over train.txt and random words, against Rust and JavaScript tokenizers'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const text = `${data}/tinystories/train.txt`
const tokenizerJson = `${data}/bert-base-uncased/tokenizer.json`

/** Texts, and how many bytes they are. */
interface Corpus {
  texts: string[]
  bytes: number
}

/** The peers need Python with `tokenizers`, which PYTHON names, and npm's `@huggingface/tokenizers`. */
export async function run(): Promise<BenchmarkResult> {
  const file = await readFile(text, 'utf8').catch(() => {
    throw new Error(`${text} is not there: TINYSTORIES_DATA names the folder of the real data`)
  })
  const stories = corpus(file.split('\n<|endoftext|>\n').filter(story => story !== ''))
  const random = corpus(randomTexts())
  const tokenizer = await loadTokenizer(tokenizerJson)
  const input = JSON.stringify({ tokenizer: tokenizerJson, stories: stories.texts, random: random.texts })
  const peerOptions = { script: 'tokenizer-peer.py', input, install: 'pip install tokenizers' }
  const one = await startPythonPeer({ ...peerOptions, env: { TOKENIZERS_PARALLELISM: 'false' } })
  const all = await startPythonPeer({ ...peerOptions, env: { TOKENIZERS_PARALLELISM: 'true' } })
  const library = await javaScriptPeer()
  try {
    const encode = (source: Corpus, offsets: boolean) => async () =>
      rate(source, () => {
        for (const each of source.texts) tokenizer.encode(each, { offsets })
      })
    const batch = (threads: number) => () =>
      rate(stories, () => tokenizer.encodeBatch(stories.texts, { threads }))
    const peer = (which: PythonPeer | undefined, command: string, source: Corpus) => async () =>
      which === undefined ? Number.NaN : megabytes(source) / (await which.run(command))
    const speed = await inTurns({
      ids: encode(stories, false),
      offsets: encode(stories, true),
      random: encode(random, false),
      rustIds: peer(one, 'stories ids', stories),
      rustOffsets: peer(one, 'stories offsets', stories),
      rustRandom: peer(one, 'random ids', random),
      rustAllIds: peer(all, 'stories ids', stories),
      javaScript: async () =>
        library === undefined
          ? Number.NaN
          : rate(stories, () => {
              for (const each of stories.texts) library.encode(each)
            }),
    })
    // Each thread compiles the loop for itself, with half of the text to warm up on.
    const batches = await inTurns({ oneThread: batch(1), twoThreads: batch(2) }, { rounds: 15, warmup: 15 })
    const rust = one?.name ?? 'Python tokenizers'
    return {
      name,
      machine: machine(),
      rows: [
        row('stories, ids, 1 thread', speed.ids, `${rust}, 1 thread`, speed.rustIds),
        row('stories, ids, 1 thread', speed.ids, `${rust}, all threads`, speed.rustAllIds),
        row('stories, offsets, 1 thread', speed.offsets, `${rust}, 1 thread`, speed.rustOffsets),
        row('random words, ids, 1 thread', speed.random, `${rust}, 1 thread`, speed.rustRandom),
        row('stories, ids, 1 thread', speed.ids, '@huggingface/tokenizers (JS)', speed.javaScript),
        row('stories, encodeBatch, 2 threads', batches.twoThreads, 'ours, 1 thread', batches.oneThread),
      ],
    }
  } finally {
    one?.stop()
    all?.stop()
    await tokenizer.close()
  }
}

function row(what: string, ours: number, peer: string, value: number): BenchmarkRow {
  const there = !Number.isNaN(value)
  return {
    case: what,
    metric: 'MB/s',
    ours: Number(ours.toFixed(1)),
    peer,
    peerValue: there ? Number(value.toFixed(2)) : null,
    ratio: there ? Number((ours / value).toFixed(2)) : null,
  }
}

async function rate(source: Corpus, work: () => unknown): Promise<number> {
  const begin = performance.now()
  await work()
  return megabytes(source) / ((performance.now() - begin) / 1000)
}

function megabytes({ bytes }: Corpus): number {
  return bytes / 1e6
}

function corpus(texts: string[]): Corpus {
  return { texts, bytes: texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0) }
}

/** Words of random letters, so that no cache of words helps. */
function randomTexts(): string[] {
  let state = 1
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const word = (): string => String.fromCharCode(...Array.from({ length: 3 + next(8) }, () => 97 + next(26)))
  return Array.from({ length: 2000 }, () => Array.from({ length: 150 }, word).join(' '))
}

async function javaScriptPeer(): Promise<{ encode(text: string): unknown } | undefined> {
  try {
    const { Tokenizer } = await import('@huggingface/tokenizers')
    return new Tokenizer(JSON.parse(await readFile(tokenizerJson, 'utf8')), {})
  } catch {
    console.error('for the JavaScript peer install it with "npm install @huggingface/tokenizers"')
    return undefined
  }
}
