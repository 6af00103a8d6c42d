import { fileURLToPath } from 'node:url'
import { fingerprintStories, openStories, openTokenShards, splitStories } from '@tinystories/dataset'
import type { TrainFlags } from './settings.ts'
import { findShards } from './shard-folders.ts'

/** Share of the stories that is held out when nothing else is said. */
export const defaultHeldOut = 0.1

/** Where the task `tokenize` of turbo puts the tokens of the bundled corpus, below this package. */
export const bundledTokens: string = fileURLToPath(new URL('../../prepared/bundled-corpus', import.meta.url))

/**
 * The tokens that turbo has made of the bundled corpus and keeps in its cache, when these are what the flags ask for and
 * still those of the corpus; otherwise undefined.
 */
export async function findBundledTokens(flags: TrainFlags): Promise<string | undefined> {
  const { data = 'sample', heldOut = defaultHeldOut, valid, separator, tokenizer, vocabSize } = flags
  const asUsual = [valid, separator, tokenizer, vocabSize].every(flag => flag === undefined)
  if (data !== 'sample' || heldOut !== defaultHeldOut || !asUsual) return undefined
  const folders = await findShards(bundledTokens)
  if (folders === undefined) return undefined
  const made = await openTokenShards(folders.train)
    .index()
    .catch(() => undefined)
  const { train } = splitStories(openStories('sample'), { heldOut })
  return made?.source.fingerprint === (await fingerprintStories(train)) ? bundledTokens : undefined
}
