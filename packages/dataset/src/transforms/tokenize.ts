import { utf8Length } from '../bytes/utf8.ts'
import type { Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import type { StoryTokenizer, TokenizedStory } from '../stream/tokens.ts'
import { map } from './map.ts'

/** Options of the verb `tokenize`. */
export interface TokenizeOptions {
  /** Id of the token that ends a story. Default: the tokenizer's `endOfTextId`. */
  eos?: number
}

/**
 * Stories as tokens, without the special tokens that a tokenizer may put around a text. Stories that are tokens already, as
 * token shards give them, stay as they are.
 *
 * @throws TypeError when no end token is known
 */
export function tokenize(
  upstream: Stage<Story | TokenizedStory>,
  tokenizer: StoryTokenizer,
  { eos = tokenizer.endOfTextId }: TokenizeOptions,
): Stage<TokenizedStory> {
  if (eos === undefined) {
    throw new TypeError(
      'the tokenizer names no endOfTextId: give the id of the token that ends a story as { eos }',
    )
  }
  const change = (story: Story | TokenizedStory): TokenizedStory => {
    if ('ids' in story) return story
    const { text } = story
    const { ids } = tokenizer.encode(text, { addSpecialTokens: false })
    return { ids: ids instanceof Int32Array ? ids : Int32Array.from(ids), eos, bytes: utf8Length(text) }
  }
  return map(upstream, change, `tokenize(eos ${eos})`)
}
