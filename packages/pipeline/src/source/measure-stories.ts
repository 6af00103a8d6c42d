import type { StoryStream } from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { TextOrTokens } from '../recipe/batches.ts'

/** How much there is to train on. */
export interface StoryLengths {
  stories: number
  /** Without the tokens that end the stories. */
  tokens: number
  /** Tokens of the longest story. */
  longest: number
}

/** Tokenizes the first `limit` stories (default 50,000) to learn how long they are. */
export async function measureStories(
  stories: StoryStream<TextOrTokens>,
  tokenizer: Tokenizer,
  { limit = 50_000, signal }: { limit?: number; signal?: AbortSignal | undefined } = {},
): Promise<StoryLengths> {
  const lengths: StoryLengths = { stories: 0, tokens: 0, longest: 0 }
  for await (const story of stories.take(limit).iterate(signal === undefined ? {} : { signal })) {
    const { length } =
      'ids' in story ? story.ids : tokenizer.encode(story.text, { addSpecialTokens: false }).ids
    lengths.stories++
    lengths.tokens += length
    lengths.longest = Math.max(lengths.longest, length)
  }
  return lengths
}
