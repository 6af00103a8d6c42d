import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStories, openTokenShards, type TokenBatch, writeTokenShards } from '@tinystories/dataset'
import { loadTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'token-shards'
export const description = 'reading token shards against numpy.memmap, writing them against tokenizers'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const text = join(data, 'tinystories/train.txt')
const tokenizerJson = join(data, 'bert-base-uncased/tokenizer.json')
const contextLength = 256
const batchSize = 8
/** The real file so many times over: some ten thousand batches. */
const copies = 10
/** Passes over it in one measurement, as a training run makes them: opening counts once. */
const epochs = 4

/** Measures ours and the peer in turns, on the same file of tokens. PYTHON names a Python with numpy and tokenizers. */
export async function run(): Promise<BenchmarkResult> {
  const tokenizer = await loadTokenizer(tokenizerJson)
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-bench-'))
  const stories = openStories(text)
  const write = (path: string, times: number, workers?: number): ReturnType<typeof writeTokenShards> =>
    writeTokenShards(stories.repeat(times), tokenizer, path, {
      overwrite: true,
      worker: { module: import.meta.resolve('@tinystories/tokenizer'), make: 'parseTokenizer' },
      ...(workers === undefined ? {} : { workers }),
    })
  const large = join(folder, 'large')
  const { tokens, bytes } = await write(large, copies)
  const texts = await stories.map(story => story.text).toArray()
  const batches = Math.floor(tokens / contextLength / batchSize)
  const peer = await startPythonPeer({
    script: 'token-shards-peer.py',
    input: JSON.stringify(texts),
    args: [
      tokenizerJson,
      join(large, 'shard-00000.bin'),
      join(folder, 'peer.bin'),
      ...[contextLength, batchSize, batches * epochs].map(String),
    ],
    env: {},
    install: 'pip install numpy tokenizers',
  })
  const ask = (command: string) => async () => (peer === undefined ? Number.NaN : peer.run(command))
  const kept = openTokenShards(large, { cacheBytes: 2 ** 30 })
  const positioned = openTokenShards(large, { cacheBytes: 0 })
  const read = (shards: typeof kept, size = batchSize) =>
    seconds(() => shards.repeat(epochs).pack({ contextLength }).batch(size))
  try {
    const taken = await inTurns({
      keptShuffled: read(kept.shuffle(1)),
      keptOrdered: read(kept),
      shuffled: read(positioned.shuffle(1)),
      ordered: read(positioned),
      numpy: ask('read'),
      stacked: ask('stacked'),
      write: timed(() => write(join(folder, 'small'), 1)),
      writeAlone: timed(() => write(join(folder, 'small'), 1, 0)),
      peerWrite: ask('write'),
    })
    const row = (
      title: string,
      metric: string,
      amount: number,
      ours: number,
      against: string,
      theirs: number,
    ): BenchmarkRow => {
      const rate = (time: number): number => Number((amount / 1e6 / time).toPrecision(4))
      const absent = peer === undefined
      return {
        case: title,
        metric,
        ours: rate(ours),
        peer: against,
        peerValue: absent ? null : rate(theirs),
        ratio: absent ? null : Number((theirs / ours).toFixed(2)),
      }
    }
    const [numpy, tokenizers] = (peer?.name ?? 'numpy memmap; tokenizers').split('; ') as [string, string]
    const rows: [string, number, string, number][] = [
      ['shuffled windows, kept in memory', taken.keptShuffled, `${numpy}, one gather a batch`, taken.numpy],
      ['shuffled windows, kept in memory', taken.keptShuffled, `${numpy}, as nanoGPT`, taken.stacked],
      ['windows in order, kept in memory', taken.keptOrdered, `${numpy}, one gather a batch`, taken.numpy],
      ['shuffled windows, positioned reads', taken.shuffled, `${numpy}, one gather a batch`, taken.numpy],
      ['windows in order, positioned reads', taken.ordered, `${numpy}, one gather a batch`, taken.numpy],
    ]
    return {
      name,
      machine: machine(),
      rows: [
        ...rows.map(([title, ours, against, theirs]) =>
          row(
            `${title}, ${batchSize} x ${contextLength}`,
            'M tokens/s',
            tokens * epochs,
            ours,
            against,
            theirs,
          ),
        ),
        row('writing, worker threads', 'MB/s', bytes / copies, taken.write, tokenizers, taken.peerWrite),
        row('writing, one thread', 'MB/s', bytes / copies, taken.writeAlone, tokenizers, taken.peerWrite),
      ],
    }
  } finally {
    peer?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function timed(work: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const begin = performance.now()
    await work()
    return (performance.now() - begin) / 1000
  }
}

function seconds(make: () => AsyncIterable<TokenBatch>): () => Promise<number> {
  return timed(async () => {
    for await (const _ of make());
  })
}
