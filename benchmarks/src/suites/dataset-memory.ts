import { execFile } from 'node:child_process'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BenchmarkResult, machine } from '../harness.ts'

export const name = 'dataset-memory'
export const description =
  'resident memory while 2 GB of stories are streamed, shuffled, tokenised and packed (a process of its own)'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const text = join(data, 'tinystories/train.txt')
const tokenizerJson = join(data, 'bert-base-uncased/tokenizer.json')
const child = fileURLToPath(new URL('../peers/dataset-memory.ts', import.meta.url))
const totalBytes = 2e9
const every = 50e6
const bound = 64 * 2 ** 20

/** Writes `train.txt` again and again to a file of 2 GB and watches the memory of a process that streams it. */
export async function run(): Promise<BenchmarkResult> {
  await stat(text).catch(() => {
    throw new Error(`${text} is not there: TINYSTORIES_DATA names the folder of the real data`)
  })
  const big = join(tmpdir(), `tinystories-${process.pid}-2gb.txt`)
  try {
    await repeatFile(text, big, totalBytes)
    const begin = performance.now()
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...process.execArgv, child, big, tokenizerJson, String(every)],
      { maxBuffer: 2 ** 24 },
    )
    const seconds = (performance.now() - begin) / 1000
    const samples = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { bytesRead: number; rss: number })
    const bytes = samples.at(-1)!.bytesRead
    // The buffer fills and the code is compiled in the first tenth.
    const steady = samples.filter(sample => sample.bytesRead > bytes / 10).map(sample => sample.rss)
    const growth = Math.max(...steady) - Math.min(...steady)
    console.log('MB read: resident MiB')
    for (const sample of samples)
      console.log(`${(sample.bytesRead / 1e6).toFixed(0).padStart(7)}: ${(sample.rss / 2 ** 20).toFixed(1)}`)
    const none = { peer: 'none', peerValue: null, ratio: null }
    return {
      name,
      machine: machine(),
      rows: [
        { case: 'streamed', metric: 'bytes', ours: bytes, ...none },
        {
          case: 'streamed',
          metric: 'MB/s with start',
          ours: Number((bytes / 1e6 / seconds).toFixed(1)),
          ...none,
        },
        { case: 'after the first tenth', metric: 'least resident bytes', ours: Math.min(...steady), ...none },
        {
          case: 'after the first tenth',
          metric: 'largest less least',
          ours: growth,
          peer: 'bound',
          peerValue: bound,
          ratio: Number((bound / Math.max(1, growth)).toFixed(2)),
        },
      ],
    }
  } finally {
    await rm(big, { force: true })
  }
}

async function repeatFile(from: string, to: string, bytes: number): Promise<void> {
  const content = await readFile(from)
  const handle = await open(to, 'w')
  try {
    for (let written = 0; written < bytes; written += content.length) await handle.writeFile(content)
  } finally {
    await handle.close()
  }
}
