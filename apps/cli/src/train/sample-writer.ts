import { createWasmModel } from '@tinystories/model/generation'
import { writeStory } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { ArrayRecord } from '@tinystories/trainer'
import type { RunSettings } from './settings.ts'

/** Tokens of a story written on the way: enough to see how it goes, short enough not to hold up training. */
const maxTokens = 120

/** Writes a story with given weights, whatever trains them. */
export function sampleWriter(
  { model: config, prompt, seed }: RunSettings,
  tokenizer: Tokenizer,
): (parameters: ArrayRecord) => Promise<string> {
  return async parameters => {
    const model = await createWasmModel({ config, parameters })
    let story = ''
    for await (const piece of writeStory({ model, tokenizer }, { prompt, seed, maxTokens })) story += piece
    return story
  }
}
