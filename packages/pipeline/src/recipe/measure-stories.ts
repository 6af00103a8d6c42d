import type { StoryStream } from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { TextOrTokens } from './batches.ts'

/** How much there is to train on. */
export interface StoryLengths {
  stories: number
  /** Without the tokens that end the stories. */
  tokens: number
  /** Tokens of the longest story. */
  longest: number
  /** Tokens of each story, its prompt included where it has one. */
  each: readonly number[]
}

/**
 * Tokenizes the first `limit` stories (default 50,000) to learn how long they are.
 *
 * @param prompts whether the prompts of the stories count too. Default false
 */
export async function measureStories(
  stories: StoryStream<TextOrTokens>,
  tokenizer: Tokenizer,
  {
    limit = 50_000,
    prompts = false,
    signal,
  }: { limit?: number; prompts?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<StoryLengths> {
  const count = (text: string): number => tokenizer.encode(text, { addSpecialTokens: false }).ids.length
  const each: number[] = []
  for await (const story of stories.take(limit).iterate(signal === undefined ? {} : { signal })) {
    if ('ids' in story) each.push(story.ids.length)
    else each.push(count(story.text) + (prompts && story.prompt !== undefined ? count(story.prompt) : 0))
  }
  const tokens = each.reduce((sum, length) => sum + length, 0)
  const longest = each.reduce((most, length) => Math.max(most, length), 0)
  return { stories: each.length, tokens, longest, each }
}
