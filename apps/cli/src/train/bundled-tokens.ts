import { fileURLToPath } from 'node:url'
import { fingerprintStories, openStories, openTokenShards, splitStories } from '@tinystories/dataset'
import { defaultHeldOut, findShards, formatOptions, type RunOptions } from '@tinystories/pipeline'

/** Where the task `tokenize` of turbo puts the tokens of the bundled corpus, below this package. */
export const bundledTokens: string = fileURLToPath(new URL('../../prepared/bundled-corpus', import.meta.url))

/**
 * The tokens that turbo has made of the bundled corpus and keeps in its cache, when these are what the flags ask for and
 * still those of the corpus; otherwise undefined.
 */
export async function findBundledTokens(options: RunOptions): Promise<string | undefined> {
  const { data = 'sample', heldOut = defaultHeldOut, valid, tokenizer, vocabSize } = options
  // Its tokenizer may be another one.
  if (options.from !== undefined) return undefined
  const given = [valid, tokenizer, vocabSize, ...formatOptions.map(name => options[name])]
  if (data !== 'sample' || heldOut !== defaultHeldOut || given.some(option => option !== undefined))
    return undefined
  const folders = await findShards(bundledTokens)
  if (folders === undefined) return undefined
  const made = await openTokenShards(folders.train)
    .index()
    .catch(() => undefined)
  const { train } = splitStories(openStories('sample'), { heldOut })
  return made?.source.fingerprint === (await fingerprintStories(train)) ? bundledTokens : undefined
}
