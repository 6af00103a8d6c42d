import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { trainTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, inTurns, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'tokenizer-training'
export const description = 'vocabularies of 10,000 pieces from train.txt, against the Rust trainers'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const path = `${data}/tinystories/train.txt`
const vocabSize = 10_000

/** The peer needs Python with `tokenizers`, which PYTHON names. It uses all cores, we use one. */
export async function run(): Promise<BenchmarkResult> {
  const file = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path} is not there: TINYSTORIES_DATA names the folder of the real data`)
  })
  const stories = file.split('\n<|endoftext|>\n').filter(story => story !== '')
  const tokenizer = await trainTokenizer(stories, { vocabSize })
  const { pre_tokenizer } = tokenizer.toJSON()
  const split = pre_tokenizer?.type === 'Split' ? pre_tokenizer.pattern : { Regex: '' }
  const pattern = 'Regex' in split ? split.Regex : split.String
  const input = JSON.stringify({ stories, pattern, vocabSize })
  const peer = await startPythonPeer({
    script: 'tokenizer-training-peer.py',
    input,
    env: { TOKENIZERS_PARALLELISM: 'true' },
    install: 'pip install tokenizers',
  })
  try {
    const train = (style: 'story' | 'gpt2', command: string) =>
      inTurns({
        ours: async () => {
          const begin = performance.now()
          await trainTokenizer(stories, { vocabSize, style })
          return (performance.now() - begin) / 1000
        },
        peer: async () => (peer === undefined ? Number.NaN : peer.run(command)),
      })
    const byteLevel = await train('gpt2', 'train-byte-level')
    const seconds = await train('story', 'train')
    const peerName = peer?.name ?? 'Python tokenizers'
    const trained = peer === undefined ? null : await peer.run('tokens')
    const tokens = stories.reduce((sum, story) => sum + tokenizer.encode(story).length, 0) / stories.length
    const theirs = peer === undefined ? null : Number(seconds.peer.toFixed(2))
    const megabytes = await peakMemory()
    const memory = peer === undefined ? null : await peer.run('memory')
    return {
      name,
      machine: machine(),
      rows: [
        {
          case: 'train.txt, 10,000 pieces',
          metric: 's',
          ours: Number(seconds.ours.toFixed(2)),
          peer: peerName,
          peerValue: theirs,
          ratio: theirs === null ? null : Number((seconds.peer / seconds.ours).toFixed(2)),
        },
        {
          case: 'train.txt, 10,000 pieces, byte-level BPE',
          metric: 's',
          ours: Number(byteLevel.ours.toFixed(2)),
          peer: peerName,
          peerValue: peer === undefined ? null : Number(byteLevel.peer.toFixed(2)),
          ratio: peer === undefined ? null : Number((byteLevel.peer / byteLevel.ours).toFixed(2)),
        },
        {
          case: 'peak memory of the process',
          metric: 'MB',
          ours: megabytes,
          peer: peerName,
          peerValue: memory,
          ratio: memory === null ? null : Number((memory / megabytes).toFixed(2)),
        },
        {
          case: 'tokens a story with the vocabulary',
          metric: 'tokens',
          ours: Number(tokens.toFixed(1)),
          peer: peerName,
          peerValue: trained === null ? null : Number(trained.toFixed(1)),
          ratio: trained === null ? null : Number((trained / tokens).toFixed(3)),
        },
      ],
    }
  } finally {
    peer?.stop()
  }
}

/** Peak resident memory of a process that reads the stories and trains once. */
async function peakMemory(): Promise<number> {
  const program = fileURLToPath(new URL('../peers/train-once.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@tinystories/source',
    program,
    path,
    String(vocabSize),
  ])
  return Math.round(Number(stdout) / 1e6)
}
