import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '@tinystories/model'
import { InterpretError } from './errors.ts'
import { inspect } from './inspect.ts'
import { type ProgressOptions, yieldToEventLoop } from './progress.ts'

/** A token on which a neuron is active. */
export interface Activation {
  /** After GELU. */
  value: number
  /** Index of the text. */
  text: number
  /** Index of the token in it. */
  position: number
}

/** Options of {@link topActivations}. */
export interface TopActivationOptions extends ProgressOptions {
  layer: number
  /** Tokens to keep for each neuron. Default 6. */
  count?: number
  /** Tokens at the start of each text that do not count, such as the one that starts a story. Default 0. */
  skip?: number
}

/**
 * For each neuron of a layer the tokens on which it is most active, most active first.
 *
 * @param texts token ids; what is beyond the context is left out
 * @returns `[mlpSize]` lists
 * @throws InterpretError `no-such-part`; the signal's reason
 */
export async function topActivations(
  { config, parameters }: GptModel,
  texts: readonly ArrayLike<number>[],
  { layer, count = 6, skip = 0, signal, onProgress }: TopActivationOptions,
): Promise<Activation[][]> {
  if (!Number.isInteger(layer) || layer < 0 || layer >= config.layers) {
    throw new InterpretError('no-such-part', { part: 'layer', index: layer, count: config.layers })
  }
  const width = config.mlpSize
  const name = `layers.${layer}.mlp.neurons`
  const top: Activation[][] = Array.from({ length: width }, () => [])
  for (const [text, all] of texts.entries()) {
    signal?.throwIfAborted()
    const ids = Int32Array.from(all).subarray(0, config.contextLength)
    const neurons = tf.tidy(() => {
      const input = tf.tensor2d(ids, [1, ids.length], 'int32')
      return inspect(config, parameters, input, { keep: kept => kept === name }).activations[name]!
    })
    const values = await neurons.data()
    neurons.dispose()
    for (let position = skip; position < ids.length; position++) {
      for (let neuron = 0; neuron < width; neuron++) {
        insert(top[neuron]!, { value: values[position * width + neuron]!, text, position }, count)
      }
    }
    onProgress?.({ done: text + 1, total: texts.length })
    await yieldToEventLoop()
  }
  return top
}

/** Of equal values the earlier one comes first. */
function insert(list: Activation[], activation: Activation, count: number): void {
  if (list.length === count && activation.value <= list[count - 1]!.value) return
  const at = list.findIndex(other => other.value < activation.value)
  list.splice(at < 0 ? list.length : at, 0, activation)
  if (list.length > count) list.pop()
}
