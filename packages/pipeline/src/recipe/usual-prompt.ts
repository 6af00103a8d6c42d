import type { StoryStream } from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { TextOrTokens } from './batches.ts'

/**
 * What sample stories begin with: the instruction of a held-out story, or words that most stories begin with.
 *
 * @param prompts whether the stories have instructions
 */
export async function usualPrompt(
  heldOut: StoryStream<TextOrTokens>,
  { tokenizer, prompts }: { tokenizer: Tokenizer; prompts: boolean },
): Promise<string> {
  if (prompts)
    for await (const story of heldOut.take(1)) {
      if ('ids' in story) return tokenizer.decode(story.ids.subarray(0, story.promptTokens ?? 0))
      if (story.prompt) return story.prompt
    }
  return 'Once upon a time'
}
