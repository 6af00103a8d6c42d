import { GenerationError } from '@tinystories/model'
import { type EndingScore, score } from '@tinystories/model/generation'
import type { TextModel } from './recipe/write-story.ts'

/**
 * Log-probabilities in nats of given endings of a prompt, in their order: the sum over the tokens of each
 * ending.
 *
 * @param endings each begins with a blank where a new word begins
 * @returns undefined when a text does not fit the context
 */
export async function scoreEndings(
  model: TextModel,
  prompt: string,
  endings: readonly string[],
): Promise<number[] | undefined> {
  const scores = await scoreEndingTokens(model, prompt, endings)
  return scores?.map(({ logProbability }) => logProbability)
}

/** The same with the tokens of each ending, by whose number endings of unlike length are compared. */
export async function scoreEndingTokens(
  { model, tokenizer }: TextModel,
  prompt: string,
  endings: readonly string[],
): Promise<EndingScore[] | undefined> {
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
    return await score(
      model,
      promptIds,
      texts.map(ids => ids.slice(shared)),
    )
  } catch (error) {
    if (GenerationError.isInstance(error) && error.code === 'prompt-too-long') return undefined
    throw error
  }
}
