import { createWasmModel } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { ArrayRecord } from '@tinystories/trainer'
import { writeStory } from '../recipe/write-story.ts'
import { wholeParameters } from './run-model.ts'
import type { RunSettings } from './run-settings.ts'

/** Tokens of a sample story: enough to see progress, few enough not to hold up training. */
const maxTokens = 120

/** Generates the sample stories of a run with the weights that it has at the time. */
export function sampleWriter(
  settings: RunSettings,
  tokenizer: Tokenizer,
): (parameters: ArrayRecord) => Promise<string> {
  const { model: config, prompt, seed } = settings
  return async parameters => {
    const model = await createWasmModel({ config, parameters: wholeParameters(settings, parameters) })
    let story = ''
    for await (const piece of writeStory({ model, tokenizer }, { prompt, seed, maxTokens })) story += piece
    return story
  }
}
