import { measureStories } from '../recipe/measure-stories.ts'
import type { TrainingSource } from '../source/training-source.ts'

/** Tokens of all training stories, each with the token that ends it. */
export async function countEpoch(
  { train, tokenizer, instruct }: TrainingSource,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { tokens, stories } = await measureStories(train, tokenizer, {
    limit: Number.MAX_SAFE_INTEGER,
    prompts: instruct !== null,
    signal,
  })
  return tokens + stories
}
