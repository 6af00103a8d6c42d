import { fileURLToPath } from 'node:url'
import { loadTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import { beforeAll, expect, test } from 'vitest'
import { promptTokens } from './prompt-tokens.ts'
import { StoryText } from './story-text.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer(fileURLToPath(new URL('../../models/tokenizer.json', import.meta.url)))
})

/** A prompt and what a model would write after it, as the page shows them. */
function shown(prompt: string, written: string): string {
  const story = new StoryText(tokenizer)
  let text = ''
  const take = (change: { start: number; text: string }): void => {
    text = text.slice(0, change.start) + change.text
  }
  for (const { id, text: given } of promptTokens(tokenizer, prompt)) take(story.push(id, given))
  for (const id of tokenizer.encode(written, { addSpecialTokens: false }).ids) take(story.push(id))
  return text
}

test.each([
  ['Once upon a time, José had a 🦊 and', 'went to the park. They played.'],
  ['The café  was\n\nopen:', 'all day'],
  ['從前 the end', '. He ran'],
  ['He said, "', "Let's go! I will"],
])('a prompt stays as it was written: %s', (prompt, written) => {
  const text = shown(prompt, written)
  expect(text.startsWith(prompt)).toBe(true)
  expect(text.slice(prompt.length).trim()).toBe(written.replace(/^\. /, '. '))
})

test('the first word after a prompt that is not known at all has a space before it, once', () => {
  expect(shown('José', 'had a dog, and ran')).toBe('José had a dog, and ran')
  expect(shown('كان يا', ', he said')).toBe('كان يا, he said')
  expect(shown('', 'had a dog')).toBe('had a dog')
})

test('each token stands for its part of a text, characters of two units included', () => {
  const text = 'A 🦊 met José.'
  const tokens = promptTokens(tokenizer, text)
  expect(tokens.map(token => token.text)).toEqual(['A', ' 🦊', ' met', ' José', '.'])
  expect(tokens.map(({ id }) => id)).toEqual([...tokenizer.encode(text, { addSpecialTokens: false }).ids])
})
