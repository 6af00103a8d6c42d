import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStories } from '@tinystories/dataset'
import { WordPieceTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, inTurns, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

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
  const lines = await stories.map(story => JSON.stringify({ text: story.text })).toArray()
  const peer = await startPythonPeer({
    script: 'dataset-peer.py',
    input: `${lines.join('\n')}\n`,
    args: [tokenizerJson, String(contextLength), String(bufferSize)],
    // One thread, as ours.
    env: { TOKENIZERS_PARALLELISM: 'false' },
    install: 'pip install datasets tokenizers',
  })
  try {
    const medians = await inTurns({
      parse: () => seconds(stories),
      shuffle: () => seconds(shuffled),
      all: () => seconds(rows.batch(8)),
      peer: async () => (peer === undefined ? Number.NaN : peer.run('run')),
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
  }
}

async function seconds(stream: AsyncIterable<unknown>): Promise<number> {
  const begin = performance.now()
  for await (const _ of stream);
  return (performance.now() - begin) / 1000
}
