import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStories } from '@tinystories/dataset'
import { WordPieceTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, inTurns, machine } from '../harness.ts'

export const name = 'dataset'
export const description =
  'parse + shuffle + tokenise + pack of train.txt on one thread, against datasets streaming'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const text = join(data, 'tinystories/train.txt')
const tokenizerJson = join(data, 'bert-base-uncased/tokenizer.json')
const contextLength = 256
const bufferSize = 4096

/** Measures ours and the peer in turns. The peer needs Python with `datasets` and `tokenizers`; PYTHON names it. */
export async function run(): Promise<BenchmarkResult> {
  const { size } = await stat(text).catch(() => {
    throw new Error(`${text} is not there: TINYSTORIES_DATA names the folder of the real data`)
  })
  const tokenizer = await WordPieceTokenizer.fromFile(tokenizerJson)
  const stories = openStories(text)
  const shuffled = stories.shuffle({ seed: 1, bufferSize })
  const rows = shuffled.tokenize(tokenizer).pack({ contextLength })
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-bench-'))
  const peer = await startPeer(
    folder,
    await stories.map(story => JSON.stringify({ text: story.text })).toArray(),
  )
  try {
    const medians = await inTurns({
      parse: () => seconds(stories),
      shuffle: () => seconds(shuffled),
      all: () => seconds(rows.batch(8)),
      peer: async () => (peer === undefined ? Number.NaN : peer.run()),
    })
    const rate = (elapsed: number): number => Number((size / 1e6 / elapsed).toFixed(1))
    const ours = rate(medians.all)
    const peerValue = peer === undefined ? null : rate(medians.peer)
    const alone = { metric: 'MB/s', peer: 'none', peerValue: null, ratio: null }
    return {
      name,
      machine: machine(),
      rows: [
        { case: 'parse', ours: rate(medians.parse), ...alone },
        { case: 'parse + shuffle', ours: rate(medians.shuffle), ...alone },
        {
          case: 'parse + shuffle + tokenise + pack',
          metric: 'MB/s',
          ours,
          peer: peer?.name ?? 'datasets streaming, tokenizers',
          peerValue,
          ratio: peerValue === null ? null : Number((ours / peerValue).toFixed(2)),
        },
      ],
    }
  } finally {
    peer?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function seconds(stream: AsyncIterable<unknown>): Promise<number> {
  const begin = performance.now()
  for await (const _ of stream);
  return (performance.now() - begin) / 1000
}

/** The peer in a process of its own that is kept, so that what it imports is not measured. Undefined when it is not installed. */
async function startPeer(
  folder: string,
  lines: string[],
): Promise<{ name: string; run(): Promise<number>; stop(): void } | undefined> {
  const stories = join(folder, 'stories.jsonl')
  await writeFile(stories, `${lines.join('\n')}\n`)
  const script = fileURLToPath(new URL('./dataset-peer.py', import.meta.url))
  const child = spawn(
    process.env.PYTHON ?? 'python3',
    [script, stories, tokenizerJson, String(contextLength), String(bufferSize)],
    // One thread, as ours.
    {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, TOKENIZERS_PARALLELISM: 'false', HF_HOME: folder },
    },
  )
  const failed = once(child, 'error').then(() => 'absent python3')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => (await answers.next()).value ?? 'absent'
  const first = await Promise.race([answer(), failed])
  if (!first.startsWith('ready ')) {
    child.kill()
    console.error(
      `${first}: for the peer install it with "pip install datasets tokenizers" and name its Python in PYTHON`,
    )
    return undefined
  }
  return {
    name: first.slice('ready '.length),
    async run() {
      child.stdin.write('run\n')
      const elapsed = Number((await answer()).split(' ')[0])
      if (!(elapsed > 0)) throw new Error('the peer ended in the middle of the measurement')
      return elapsed
    },
    stop: () => child.stdin.end(),
  }
}
