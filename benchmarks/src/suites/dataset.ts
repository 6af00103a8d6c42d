import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStories } from '@tinystories/dataset'
import { loadTokenizer } from '@tinystories/tokenizer'
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { type BenchmarkResult, inTurns, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'dataset'
export const description =
  'parse + shuffle + tokenise + pack of train.txt on one thread, against datasets streaming; parquet against hyparquet alone'

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
  const tokenizer = await loadTokenizer(tokenizerJson)
  const stories = openStories(text)
  const shuffled = stories.shuffle({ seed: 1, bufferSize })
  const rows = shuffled.tokenize(tokenizer).pack({ contextLength })
  const texts = await stories.map(story => story.text).toArray()
  const lines = texts.map(story => JSON.stringify({ text: story }))
  const tokens = texts.reduce(
    (sum, story) => sum + tokenizer.encode(story, { addSpecialTokens: false }).ids.length,
    0,
  )
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-bench-'))
  const parquet = join(folder, 'train.parquet')
  const columnData = [
    { name: 'text', data: texts, type: 'STRING' as const },
    { name: 'number', data: texts.map((_, i) => i), type: 'INT32' as const },
  ]
  await writeFile(parquet, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1000 })))
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
      parquet: () => seconds(openStories(parquet)),
      hyparquet: () => hyparquetAlone(parquet),
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
        {
          case: 'parse of the same as parquet',
          metric: 'MB/s of text',
          ours: rate(medians.parquet),
          peer: 'hyparquet alone',
          peerValue: rate(medians.hyparquet),
          ratio: Number((medians.hyparquet / medians.parquet).toFixed(2)),
        },
        {
          case: 'bert-base-uncased on train.txt',
          metric: 'tokens a story',
          ours: Number((tokens / texts.length).toFixed(1)),
          peer: 'total of the paper',
          peerValue: 190,
          ratio: null,
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

/** What hyparquet takes to read the same column, row group by row group, as one would without a library around it. */
async function hyparquetAlone(path: string): Promise<number> {
  const begin = performance.now()
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const file = {
      byteLength: size,
      async slice(start: number, end = size) {
        const bytes = new Uint8Array(end - start)
        await handle.read(bytes, 0, bytes.length, start)
        return bytes.buffer
      },
    }
    const metadata = await parquetMetadataAsync(file)
    let rowStart = 0
    let characters = 0
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows)
      const rows = await parquetReadObjects({ file, metadata, columns: ['text'], rowStart, rowEnd })
      for (const row of rows) characters += (row.text as string).length
      rowStart = rowEnd
    }
    if (characters === 0) throw new Error('hyparquet read nothing')
  } finally {
    await handle.close()
  }
  return (performance.now() - begin) / 1000
}
