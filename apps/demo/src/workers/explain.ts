import * as tf from '@tensorflow/tfjs-core'
import { forward, type GptModel } from '@tinystories/model'
import type { OpenModel } from '../models/open-model.ts'

/** A token that might have stood at a place. */
export interface Alternative {
  id: number
  /** As it would read there; a blank before it where it begins a word. */
  text: string
  probability: number
}

/** What the model expected at the place of a token, given all before it. */
export interface Explanation {
  probability: number
  /** The most probable tokens, best first. */
  alternatives: Alternative[]
}

/**
 * What the model expected at each place but the first, in one pass over the text. A text longer than the context is
 * explained in its last part only; what comes before gets no explanation.
 *
 * @returns one entry for each id; undefined where nothing is known
 */
export async function explainTokens(
  model: GptModel,
  { tokenizer, config }: OpenModel,
  ids: readonly number[],
  choices: number,
): Promise<(Explanation | undefined)[]> {
  const first = Math.max(0, ids.length - config.contextLength)
  const seen = ids.slice(first)
  if (seen.length < 2) return ids.map(() => undefined)
  const { own, values, indices } = tf.tidy(() => {
    const logits = forward(model.config, model.parameters, tf.tensor2d(seen, [1, seen.length], 'int32'))
    // The last place has no token after it.
    const rows = tf.slice(tf.squeeze(logits, [0]), [0, 0], [seen.length - 1, config.vocabSize]) as tf.Tensor2D
    const probabilities = tf.softmax(rows)
    const targets = tf.oneHot(tf.tensor1d(seen.slice(1), 'int32'), config.vocabSize)
    const top = tf.topk(probabilities, Math.min(choices, config.vocabSize), true)
    return { own: tf.sum(tf.mul(probabilities, targets), 1), values: top.values, indices: top.indices }
  })
  const [ownData, valueData, indexData] = await Promise.all([own.data(), values.data(), indices.data()])
  const count = values.shape[1]!
  tf.dispose([own, values, indices])
  return ids.map((_, i) => {
    const row = i - first - 1
    if (row < 0) return undefined
    const before = ids[i - 1]!
    return {
      probability: ownData[row]!,
      alternatives: Array.from({ length: count }, (_, rank) => {
        const id = indexData[row * count + rank]!
        return { id, text: textAfter(tokenizer, before, id), probability: valueData[row * count + rank]! }
      }),
    }
  })
}

/** How a token reads after another one. */
function textAfter(tokenizer: OpenModel['tokenizer'], before: number, id: number): string {
  const alone = tokenizer.decode([before], { skipSpecialTokens: false })
  const both = tokenizer.decode([before, id], { skipSpecialTokens: false })
  return both.startsWith(alone)
    ? both.slice(alone.length)
    : tokenizer.decode([id], { skipSpecialTokens: false })
}
