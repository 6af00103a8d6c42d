import { type TokenFileOptions, tokenFile } from '../formats/tokens/token-file.ts'
import type { TokenizedStory } from '../stream/tokens.ts'
import { StoryStream } from '../transforms/story-stream.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { locatorOf } from './locate.ts'
import { recordSource } from './record-source.ts'

/** Options of {@link openTokens}. */
export interface OpenTokensOptions
  extends TokenFileOptions,
    Omit<
      OpenStoriesOptions,
      'drivers' | 'tokenizer' | 'format' | 'separator' | 'textField' | 'invalidUtf8'
    > {}

/**
 * Stories that are token ids already: a `.bin` file as llm.c writes it (with its header of 256 numbers) or as nanoGPT and
 * llama2.c do (ids from the first byte on), of 16 or 32 bits, from a path, a web address or the hub. Ready for `pack`.
 *
 * @throws DatasetError, also while iterating
 */
export function openTokens(source: string, options: OpenTokensOptions): StoryStream<TokenizedStory> {
  const { recipe, locate } = locatorOf(source, options)
  return new StoryStream(
    recordSource({
      ...options,
      recipe: `${recipe} tokens(eos ${options.eos})`,
      find: async signal => tokenFile(await locate(signal), options, signal),
    }),
  )
}
