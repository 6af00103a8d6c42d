import { expect, test } from 'vitest'
import { countWords, hasDialogue, lemmas, namesIn, sentencesOf, wordsOf } from './index.ts'

test('sentences keep their closing quotation marks', () => {
  expect(sentencesOf('A mouse sat down. "Who is it?" it asked. Then it ran!\n\nThe big cat slept.')).toEqual([
    'A mouse sat down.',
    '"Who is it?" it asked.',
    'Then it ran!',
    'The big cat slept.',
  ])
})

test.each([
  ['"Hello," said Tom.', true],
  ['Tom said: “Come!”', true],
  ['The pipe is 5" wide and 6" long.', false],
  ['It said "42".', false],
  ['Tom said "hello', false],
  ["Tom's dog barked.", false],
])('%s: somebody speaks: %s', (text, expected) => expect(hasDialogue(text)).toBe(expected))

test('names stand twice with a capital inside a sentence, and never without', () => {
  expect(namesIn('Once there was Lily. Then Lily met Tom, and Tom gave Lily a ball.')).toEqual([
    'Lily',
    'Tom',
  ])
  expect(namesIn("It was Anna's day. But Anna, who liked Anna’s cat, slept.")).toEqual(['Anna'])
  // Once, or only where a sentence begins, or a word that is also written small, or one that names nobody.
  expect(namesIn('He saw Ben. Max ran. Max sat.')).toEqual([])
  expect(namesIn('He saw the Bear and the Bear. A bear slept.')).toEqual([])
  expect(namesIn('And I, and I. So Mom, said Mom. On Monday, every Monday.')).toEqual([])
})

test('words and their base forms', () => {
  expect(wordsOf('The dog’s 2 balls!')).toEqual(['the', "dog's", '2', 'balls'])
  expect(countWords('The dog’s 2 balls!')).toBe(4)
  expect(lemmas('ran').has('run') && lemmas('Ponies').has('pony')).toBe(true)
})
