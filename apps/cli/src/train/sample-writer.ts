import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { type GptModel, parameterShapes } from '@tinystories/model'
import type { WordPieceTokenizer } from '@tinystories/tokenizer'
import type { ArrayRecord } from '@tinystories/trainer'
import { writeStory } from '../stories.ts'
import type { RunSettings } from './settings.ts'

/** Tokens of a story written on the way: enough to see how it goes, short enough not to hold up training. */
const maxTokens = 120

/** Writes a story with given weights, on a backend of its own where the engine is none of tfjs. */
export function sampleWriter(
  { model: config, prompt, seed }: RunSettings,
  tokenizer: WordPieceTokenizer,
): (parameters: ArrayRecord) => Promise<string> {
  return async arrays => {
    const before = tf.getBackend()
    // The cpu backend is only there to hold what the compiled engine traces; it would write slowly.
    if (before === 'cpu') await useBackend('wasm')
    const shapes = parameterShapes(config)
    const parameters = Object.fromEntries(
      Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values.slice(), shapes[name]!)]),
    )
    try {
      const model: GptModel = { config, parameters }
      let story = ''
      for await (const piece of writeStory({ model, tokenizer }, { prompt, seed, maxTokens })) story += piece
      return story
    } finally {
      tf.dispose(parameters)
      await tf.setBackend(before)
    }
  }
}
