import * as tf from '@tensorflow/tfjs-core'
import { type GptModel, readHead } from '@tinystories/model'
import { inspect } from './inspect.ts'
import { type Prediction, readPredictions } from './predictions.ts'

/**
 * What the model would predict if it ended after each layer: the final norm and the head applied to the residual stream
 * (nostalgebraist, "interpreting GPT: the logit lens", 2020).
 *
 * @param ids at most as many as the context
 * @param count predictions for each position. Default 5
 * @returns `[layers + 1][T]`: after the embedding, then after each layer; the last is what the model itself predicts
 * @throws ConfigError `sequence-too-long`
 */
export async function logitLens(
  { config, parameters }: GptModel,
  ids: ArrayLike<number>,
  count = 5,
): Promise<Prediction[][][]> {
  const names = [
    'embedding',
    ...Array.from({ length: config.layers }, (_, layer) => `layers.${layer}.residual`),
  ]
  const lens: Prediction[][][] = []
  const { activations } = tf.tidy(() => {
    const input = tf.tensor2d(Int32Array.from(ids), [1, ids.length], 'int32')
    const { activations } = inspect(config, parameters, input, { keep: name => names.includes(name) })
    return { activations }
  })
  try {
    for (const name of names) {
      const stream = activations[name]!
      lens.push(
        await readPredictions(
          () => readHead(config, parameters, tf.reshape(stream, [ids.length, config.hiddenSize])),
          count,
        ),
      )
    }
    return lens
  } finally {
    tf.dispose(activations)
  }
}
