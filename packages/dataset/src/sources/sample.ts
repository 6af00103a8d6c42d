import { builtin } from '@tinystories/utils/node'
import type { ByteSource } from '../bytes/byte-source.ts'
import { fileBytes } from '../bytes/file-bytes.ts'
import { memoryBytes } from '../bytes/memory-bytes.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import { detectFormat } from '../formats/detect-format.ts'
import type { SourceDriver } from './driver.ts'
import { recordSource } from './record-source.ts'

const corpus = new URL('../../corpus/stories.jsonl', import.meta.url)

/** `sample`: the corpus that was written for this package and comes with it. */
export const sampleDriver: SourceDriver = {
  name: 'sample',
  accepts: source => source === 'sample',
  open: (_source, options) =>
    recordSource({
      recipe: 'sample',
      find: async signal => detectFormat(await corpusBytes(options.fetch ?? fetch, signal), {}, signal),
    }),
}

async function corpusBytes(load: typeof fetch, signal: AbortSignal): Promise<ByteSource> {
  if (corpus.protocol === 'file:') {
    const { fileURLToPath } = builtin('node:url')
    return fileBytes(fileURLToPath(corpus))
  }
  // In a browser the package lies on a server.
  const reply = await load(corpus, { signal })
  if (!reply.ok) throw new DatasetError('not-found', { source: corpus.href, status: reply.status })
  return memoryBytes(corpus.href, new Uint8Array(await reply.arrayBuffer()))
}
