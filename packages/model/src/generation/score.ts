import * as tf from '@tensorflow/tfjs-core'

import { forward } from '../model.ts'
import type { GptModel } from '../parameters.ts'
import { checkPrompt, type GenerationModel } from './generate.ts'
import type { ScoredText } from './token-generator.ts'

/** How a model likes an ending. */
export interface EndingScore {
  /** Natural-log probability of all its tokens together, given the prompt. */
  logProbability: number
  /** Of each of its tokens. */
  logProbabilities: number[]
}

/**
 * Scores given endings of a prompt instead of generating one: right and wrong answers, or the two sentences of a minimal
 * pair. Compare endings of unlike length by their mean, `logProbability / logProbabilities.length`.
 *
 * @param promptIds at least one token, such as the end-of-text token
 * @param endings at least one token each; prompt and ending together fit the context
 * @throws GenerationError `empty-prompt`, `prompt-too-long`, `unknown-token`
 */
export async function score(
  model: GenerationModel,
  promptIds: ArrayLike<number>,
  endings: readonly ArrayLike<number>[],
): Promise<EndingScore[]> {
  checkPrompt(model.config, promptIds, undefined)
  const prompt = Array.from(promptIds)
  const texts = endings.map((ending, i): ScoredText => {
    const ids = Array.from(ending)
    checkPrompt(model.config, ids, i)
    checkPrompt(model.config, [...prompt, ...ids], i)
    return { ids: [...prompt, ...ids], queries: ids.map((id, j) => ({ position: prompt.length + j, id })) }
  })
  return (await scoreTexts(model, texts)).map(values => ({
    logProbability: values.reduce((sum, value) => sum + value, 0),
    logProbabilities: [...values],
  }))
}

/**
 * How a model expected some tokens at each position of a text from `from` on, and after its end. Of a text longer than
 * the context only the last part is known; what comes before gets -Infinity.
 *
 * @param from at least 1: nothing is expected of the first token
 * @returns natural-log probabilities `[ids.length - from + 1, targets.length]`, row-major
 */
export async function expectTokens(
  model: GenerationModel,
  ids: readonly number[],
  from: number,
  targets: readonly number[],
): Promise<Float64Array> {
  const first = Math.max(0, ids.length - model.config.contextLength)
  const start = Math.max(from, first + 1)
  const positions = Array.from({ length: ids.length - start + 1 }, (_, i) => start + i)
  const queries = positions.flatMap(position => targets.map(id => ({ position: position - first, id })))
  const [known] = await scoreTexts(model, [{ ids: ids.slice(first), queries }])
  const all = new Float64Array((ids.length - from + 1) * targets.length).fill(Number.NEGATIVE_INFINITY)
  all.set(known!, all.length - known!.length)
  return all
}

/** Log-probabilities of tokens, on either engine. */
function scoreTexts(model: GenerationModel, texts: readonly ScoredText[]): Promise<Float64Array[]> {
  return 'score' in model ? model.score(texts) : scoreWithTfjs(model, texts)
}

async function scoreWithTfjs(
  { config, parameters }: GptModel,
  texts: readonly ScoredText[],
): Promise<Float64Array[]> {
  const scores: Float64Array[] = []
  for (const { ids, queries } of texts) {
    const values = tf.tidy(() => {
      const logits = forward(config, parameters, tf.tensor2d([...ids], [1, ids.length], 'int32'))
      const expected = tf.logSoftmax(tf.squeeze(logits, [0]))
      const flat = queries.map(({ position, id }) => (position - 1) * config.vocabSize + id)
      return tf.gather(tf.reshape(expected, [-1]), tf.tensor1d(flat, 'int32'))
    })
    scores.push(Float64Array.from(await values.data()))
    values.dispose()
  }
  return scores
}
