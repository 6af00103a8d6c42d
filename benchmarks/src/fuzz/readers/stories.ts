import { writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { openStories } from '@tinystories/dataset'
import { parquetWriteBuffer } from 'hyparquet-writer'
import {
  openOutputFile,
  type SynthesisSettings,
} from '../../../../packages/dataset/src/synthesis/output-file.ts'
import { packBzip2, packLz4, packXz } from '../../../../packages/dataset/src/testing/packers.ts'
import { tarOf } from '../../../../packages/dataset/src/testing/tar-of.ts'
import { bytesOf, drain, type Reader } from '../reader.ts'

/** Stories of which the valid files are made. */
export const stories: readonly string[] = Array.from(
  { length: 6 },
  (_, i) => `Mia had ${i} balls, "red" and blue.\nShe gave ${i + 1} to her friend. They were happy.`,
)
const separated = stories.join('\n<|endoftext|>\n')
const parquetFile = fileURLToPath(
  new URL('../../../../packages/dataset/src/testing/pyarrow-26.parquet', import.meta.url),
)

const golden = async (name: string): Promise<unknown> =>
  JSON.parse(
    await readFile(new URL(`../../../../packages/dataset/src/testing/${name}.json`, import.meta.url), 'utf8'),
  )

/** A file of a real compressor. */
async function packed(format: string): Promise<Uint8Array> {
  const { cases } = (await golden('packed')) as { cases: { format: string; what: string; packed: string }[] }
  const short = cases.find(each => each.format === format && each.what.startsWith('short'))
  return Buffer.from(short!.packed, 'base64')
}

/** A file of pyarrow. */
async function arrow(name: string): Promise<Uint8Array> {
  const { files } = (await golden('arrow')) as { files: Record<string, string> }
  return Buffer.from(files[name]!, 'base64')
}

function storyFile(name: string, ...seeds: (string | Uint8Array | Promise<Uint8Array>)[]): Reader {
  return {
    seeds: () =>
      Promise.all(seeds.map(async seed => (typeof seed === 'string' ? bytesOf(seed) : await seed))),
    read(input, folder) {
      const path = join(folder, name)
      writeFileSync(path, input)
      return drain(openStories(path))
    },
  }
}

const tar = () => tarOf({ 'data00.json': JSON.stringify(stories.map(story => ({ story }))) })

const note = { cost: 0.1, dropped: { duplicate: 1 }, rejected: {}, removed: ['title'] }
const synthesis: SynthesisSettings = {
  ...{ model: 'judge', vocabulary: '3 nouns', seed: 1, instruct: false, ood: false },
  ...{ temperature: 1, maxTokens: 900, minWords: 50, maxWords: 500, attempts: 3 },
}

/** Readers of stories. */
export const storyReaders: Record<string, Reader> = {
  'stories.txt': storyFile('stories.txt', separated),
  'stories.csv': storyFile(
    'stories.csv',
    `id,text\n${stories.map((s, i) => `${i},"${s.replaceAll('"', '""')}"`).join('\n')}`,
  ),
  'stories.json': storyFile('stories.json', JSON.stringify(stories.map(text => ({ text })))),
  'stories.jsonl': storyFile('stories.jsonl', stories.map(text => JSON.stringify({ text })).join('\n')),
  'stories.instruct': storyFile(
    'stories.txt',
    stories
      .map(story => `Features: Dialogue\nWords: ball, red\nSummary: Balls.\nStory: ${story}`)
      .join('\n<|endoftext|>\n'),
  ),
  'stories.txt.gz': storyFile('stories.txt.gz', gzipSync(separated)),
  'stories.txt.zst': storyFile('stories.txt.zst', zstdCompressSync(separated)),
  'stories.txt.bz2': storyFile('stories.txt.bz2', packBzip2(Buffer.from(separated)), packed('bzip2')),
  'stories.txt.xz': storyFile('stories.txt.xz', packXz(Buffer.from(separated)), packed('xz')),
  'stories.txt.lz4': storyFile('stories.txt.lz4', packLz4(Buffer.from(separated)), packed('lz4')),
  'stories.arrow': storyFile('stories.arrow', arrow('stream'), arrow('string_view stream'), arrow('chat')),
  'stories.feather': storyFile('stories.feather', arrow('feather lz4'), arrow('feather zstd')),
  'stories.tar': storyFile('stories.tar', tar()),
  'stories.tar.gz': storyFile('stories.tar.gz', gzipSync(tar())),
  'stories.parquet': {
    ...storyFile(
      'stories.parquet',
      new Uint8Array(
        parquetWriteBuffer({ columnData: [{ name: 'text', data: [...stories], type: 'STRING' }] }),
      ),
      readFile(parquetFile),
    ),
    // Files of some kilobytes that stand for gigabytes.
    extra: () =>
      Promise.all(
        ['delta-bomb-v1', 'delta-bomb-v2', 'lz4', 'delta-v2'].map(name =>
          readFile(parquetFile.replace(/\.parquet$/, `-${name}.parquet`)),
        ),
      ),
  },
  'synthesized-stories': {
    seeds: () =>
      [
        stories.map((text, plan) => `${JSON.stringify({ text, synthesis: { ...note, plan } })}\n`).join(''),
      ].map(bytesOf),
    async read(input, folder) {
      const path = join(folder, 'synthesized.jsonl')
      writeFileSync(path, input)
      await mkdir(`${path}.synthesis`, { recursive: true })
      writeFileSync(join(`${path}.synthesis`, 'settings.json'), bytesOf(synthesis))
      const file = await openOutputFile(path, synthesis, () => {})
      await file.close()
    },
  },
}
