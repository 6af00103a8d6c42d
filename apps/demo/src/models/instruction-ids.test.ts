import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { instructTemplates } from '@tinystories/dataset/instruct'
import { parseTokenizer } from '@tinystories/tokenizer'
import { expect, test } from 'vitest'
import { instructionIds } from './instruction-ids.ts'

const file = fileURLToPath(new URL('../../models/tokenizer.json', import.meta.url))
const tokenizer = await parseTokenizer(await readFile(file, 'utf8'))
const { tinystories: template } = instructTemplates

test('a model of instructions is asked for what a story must have, as far as its template goes', () => {
  const text = (...args: Parameters<typeof instructionIds>): string =>
    tokenizer.decode(instructionIds(...args))
  const constraints = { words: ['spoon', 'hide'], features: ['Dialogue'] }
  expect(text({ template, tokenizer }, constraints)).toBe('Words: spoon, hide\nFeatures: Dialogue\nStory:\n')
  const wordsAlone = { ...template, fields: { words: 'Use {value}.' } }
  expect(text({ template: wordsAlone, tokenizer }, constraints)).toBe('Use spoon, hide.\nStory:\n')
  expect(text({ template, tokenizer })).toBe('Story:\n')
  expect(instructionIds({ template: undefined, tokenizer }, constraints)).toEqual([])
})
