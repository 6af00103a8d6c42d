import { utf8Length } from '../bytes/utf8.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import type { Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import type { StoryTokenizer, TokenizedStory } from '../stream/tokens.ts'
import { encodeStory } from './encode-story.ts'
import { map } from './map.ts'

/** What comes before a story's text: true for its prompt and a line end, or a function that returns it. */
export type PromptOption = boolean | ((story: Story) => string | undefined)

/** Options of `tokenize`. */
export interface TokenizeOptions {
  /** Id of the token that ends a story. Default: the tokenizer's `endOfTextId`. */
  eos?: number
  /** Puts each story's prompt before it. `pack` then leaves the prompt out of the loss. Default false. */
  prompts?: PromptOption
}

/** The text that an option puts before a story. */
export function promptOf(story: Story, option: PromptOption): string | undefined {
  if (typeof option === 'function') return option(story)
  return option && story.prompt !== undefined ? `${story.prompt}\n` : undefined
}

/**
 * Stories as tokens, without the special tokens that a tokenizer may put around a text. Stories that are tokens already, as
 * token shards give them, stay as they are.
 *
 * @throws DatasetError `invalid-option` when no end token is known
 */
export function tokenize(
  upstream: Stage<Story | TokenizedStory>,
  tokenizer: StoryTokenizer,
  { eos = tokenizer.endOfTextId, prompts = false }: TokenizeOptions,
): Stage<TokenizedStory> {
  if (eos === undefined) {
    throw new DatasetError('invalid-option', {
      option: 'eos',
      value: eos,
      expected: 'the id of the token that ends a story, as the tokenizer has no endOfTextId',
    })
  }
  const change = (story: Story | TokenizedStory): TokenizedStory => {
    if ('ids' in story) return story
    const { ids, promptTokens } = encodeStory(tokenizer, story.text, promptOf(story, prompts))
    return {
      ids: ids instanceof Int32Array ? ids : Int32Array.from(ids),
      eos,
      bytes: utf8Length(story.text),
      ...(promptTokens > 0 ? { promptTokens } : {}),
    }
  }
  return map(upstream, change, `tokenize(eos ${eos}${prompts === false ? '' : ', prompts'})`)
}
