import { trainTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { tokenizerConfig } from './config-files.ts'

// What other programs make of it: scripts/check-transformers-js.ts and check-transformers.py.
test.each([
  ['bert', true],
  ['story', false],
  ['gpt2', false],
] as const)(
  'decoders of %s vocabularies ask transformers for the clean-up that they do here: %s',
  async (style, cleans) => {
    const tokenizer = await trainTokenizer(["Tom didn't see the cat"], { vocabSize: 290, style })
    const { 'tokenizer_config.json': settings } = tokenizerConfig(tokenizer, 64)
    expect(JSON.parse(settings!)).toMatchObject({
      clean_up_tokenization_spaces: cleans,
      model_max_length: 64,
    })
  },
)
