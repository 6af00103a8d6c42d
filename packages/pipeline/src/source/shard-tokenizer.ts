import { join } from 'node:path'
import { openTokenShards } from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'
import { loadTokenizerFile } from './load-tokenizer-file.ts'

/**
 * The tokenizer that a folder of token shards was made with.
 *
 * @param expected when given, the tokenizer that it must be equal to
 * @throws PipelineError `shards-without-tokenizer`, `other-tokenizer`
 */
export async function shardTokenizer(folder: string, expected?: Tokenizer): Promise<Tokenizer> {
  const { tokenizer: file } = await openTokenShards(folder).index()
  if (file === null) throw new PipelineError('shards-without-tokenizer', { folder })
  const tokenizer = await loadTokenizerFile(join(folder, file.file))
  if (expected !== undefined && JSON.stringify(tokenizer) !== JSON.stringify(expected))
    throw new PipelineError('other-tokenizer', { source: folder })
  return tokenizer
}
