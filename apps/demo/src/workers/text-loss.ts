import { tokenPieces } from '@tinystories/interpret'
import { type GenerationModel, score } from '@tinystories/model/generation'
import { PageError } from '../errors/page-error.ts'
import type { OpenModel } from '../models/open-model.ts'
import { promptTokens } from './prompt-tokens.ts'

/** What a text costs a model. */
export interface TextLoss {
  /** The text by token, with the natural logarithm of the probability that the model gave each. */
  tokens: { text: string; logProbability: number }[]
  bitsPerByte: number
}

/**
 * What a text costs a model, as far as its context reaches.
 *
 * @param model the opened one, or a changed copy of it
 * @throws PageError `no-text`
 */
export async function textLoss(
  model: GenerationModel,
  { config, tokenizer, endOfTextId }: Pick<OpenModel, 'config' | 'tokenizer' | 'endOfTextId'>,
  text: string,
): Promise<TextLoss> {
  const start = endOfTextId === undefined ? [] : [{ id: endOfTextId, text: '' }]
  const tokens = [...start, ...promptTokens(tokenizer, text)].slice(0, config.contextLength)
  const ids = tokens.map(({ id }) => id)
  if (ids.length < 2) throw new PageError('no-text', {})
  const [scored] = await score(model, ids.slice(0, 1), [ids.slice(1)])
  // Bytes of characters that the vocabulary does not know are left out: a text does not get cheaper by them.
  const known = tokenPieces(tokenizer, ids).slice(1).join('')
  const bytes = new TextEncoder().encode(known).length
  return {
    tokens: tokens.slice(1).map((token, i) => ({
      text: token.text,
      logProbability: scored!.logProbabilities[i]!,
    })),
    bitsPerByte: -scored!.logProbability / Math.LN2 / Math.max(1, bytes),
  }
}
