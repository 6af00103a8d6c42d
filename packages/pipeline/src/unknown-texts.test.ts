import { createTokenizer, trainTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { unknownTexts } from './unknown-texts.ts'

test('what becomes the unknown token is named once, in order; the token itself is no part of the text', () => {
  const tokenizer = createTokenizer(['[UNK]', 'a', 'cat', 'sat', '##s'])
  expect(unknownTexts(tokenizer, 'a dog sat a 猫 sat dog')).toEqual(['dog', '猫'])
  expect(unknownTexts(tokenizer, 'a cats sat')).toEqual([])
})

test('a byte-level vocabulary spells everything', async () => {
  const tokenizer = await trainTokenizer(['a cat sat'], { style: 'gpt2', vocabSize: 300 })
  expect(unknownTexts(tokenizer, '猫 🎈')).toEqual([])
})
