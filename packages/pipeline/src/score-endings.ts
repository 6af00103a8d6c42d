import { GenerationError } from '@tinystories/model'
import { score } from '@tinystories/model/generation'
import type { TextModel } from './recipe/write-story.ts'

/**
 * Log-probabilities in nats of given endings of a beginning of a story, in their order: the sum over the tokens of each
 * ending.
 *
 * @param endings each begins with a blank where a new word begins
 * @returns undefined when a text does not fit the context
 */
export async function scoreEndings(
  { model, tokenizer }: TextModel,
  prompt: string,
  endings: readonly string[],
): Promise<number[] | undefined> {
  const encode = (text: string): number[] =>
    Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)
  const { endOfTextId } = tokenizer
  const texts = endings.map(ending => encode(prompt + ending))
  // An ending may change how the end of the prompt is split: what all have in common is the prompt.
  let shared = encode(prompt).length
  while (shared > 0 && texts.some(ids => ids.length <= shared || ids[shared - 1] !== texts[0]![shared - 1]))
    shared--
  const promptIds = [...(endOfTextId === undefined ? [] : [endOfTextId]), ...texts[0]!.slice(0, shared)]
  try {
    const scores = await score(
      model,
      promptIds,
      texts.map(ids => ids.slice(shared)),
    )
    return scores.map(({ logProbability }) => logProbability)
  } catch (error) {
    if (GenerationError.isInstance(error) && error.code === 'prompt-too-long') return undefined
    throw error
  }
}
