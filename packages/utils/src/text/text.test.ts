import { expect, test } from 'vitest'
import {
  countWords,
  endOfWord,
  hasDialogue,
  lemmas,
  namesIn,
  sentencesOf,
  usesWord,
  wordsOf,
} from './index.ts'

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

test.each([
  ['He played all day.', 'play', true],
  ['They were hopping about.', 'hop', true],
  ['The ponies ran.', 'pony', true],
  ['A braver dog', 'brave', true],
  ['SPOON!', 'spoon', true],
  ['He found it.', 'find', true],
  ['It was a yo-yo.', 'yo-yo', true],
  ['It was a yo, and a yo.', 'ice cream', false],
  ['The display was bright.', 'play', false],
  ['The winter was cold.', 'win', false],
  ['He hopes.', 'hop', false],
  ['He ran.', '!', false],
])('%s uses %s: %s', (text, word, used) => expect(usesWord(text, word)).toBe(used))

test('the first use of a word ends where its form does', () => {
  expect(endOfWord('We play, he played.', 'play')).toBe('We play'.length)
  expect(endOfWord('Cold cream, then ice creams.', 'ice cream')).toBe('Cold cream, then ice creams'.length)
})
