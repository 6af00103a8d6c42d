import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openStories } from './sources/open-stories.ts'

/** The paper's six. */
const featureNames = ['BadEnding', 'Conflict', 'Dialogue', 'Foreshadowing', 'MoralValue', 'Twist']

const stories = await openStories('sample').toArray()
const named = stories.map((story, i) => ({ ...story, line: i + 1 }))

/** What is wrong, by line, so that a failure says where to look. */
const offenders = (isWrong: (story: (typeof named)[number]) => boolean): number[] =>
  named.filter(isWrong).map(story => story.line)

test('there are at least 400 stories, each of 60 to 180 words', () => {
  expect(stories.length).toBeGreaterThanOrEqual(400)
  expect(offenders(({ text }) => wordsOf(text).length < 60 || wordsOf(text).length > 180)).toEqual([])
})

test('the corpus is among the files that are published', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    files: string[]
  }
  expect(manifest.files).toContain('corpus')
})

test('every story has three words, features and a summary', () => {
  expect(offenders(({ words }) => words?.length !== 3 || new Set(words).size !== 3)).toEqual([])
  expect(offenders(({ features }) => !features?.every(name => featureNames.includes(name)))).toEqual([])
  expect(offenders(({ features }) => new Set(features).size !== features?.length)).toEqual([])
  expect(offenders(({ summary }) => summary === undefined || wordsOf(summary).length < 5)).toEqual([])
  // Each of the six occurs, and none is everywhere.
  for (const name of featureNames) {
    const share = stories.filter(story => story.features?.includes(name)).length / stories.length
    expect(share, name).toBeGreaterThan(0.05)
    expect(share, name).toBeLessThan(0.95)
  }
})

test('the words stand in the text, in one of their forms', () => {
  // Simple words change at their end only (hop, hopped; berry, berries; make, making), so the beginning must be there.
  const beginning = (word: string): string => word.toLowerCase().slice(0, Math.max(3, word.length - 2))
  const stands = (word: string, text: string): boolean =>
    wordsOf(text.toLowerCase()).some(
      found => found.startsWith(beginning(word)) && found.length <= word.length + 4,
    )
  expect(
    named.flatMap(({ words, text, line }) =>
      (words ?? []).filter(word => !stands(word, text)).map(word => `${line}: ${word}`),
    ),
  ).toEqual([])
})

test('Dialogue is named exactly where somebody speaks', () => {
  expect(offenders(({ features, text }) => features?.includes('Dialogue') !== /"[^"]+"/.test(text))).toEqual(
    [],
  )
  expect(offenders(({ text }) => (text.split('"').length - 1) % 2 !== 0)).toEqual([])
})

test('no two stories share a sentence of four words or more, or are the same', () => {
  const first = new Map<string, number>()
  const shared: string[] = []
  for (const { text, line } of named) {
    for (const sentence of new Set(sentencesOf(text))) {
      const other = first.get(sentence)
      if (other !== undefined) shared.push(`${other} and ${line}: ${sentence}`)
      first.set(sentence, line)
    }
  }
  expect(shared).toEqual([])
})

test('the text is plain: ASCII, paragraphs separated by one blank line, nothing doubled', () => {
  expect(offenders(({ text }) => !/^[\x20-\x7e\n]+$/.test(text))).toEqual([])
  expect(offenders(({ text }) => /\n{3}| {2}|[^\n]\n[^\n]| \n|\n /.test(text))).toEqual([])
})

function wordsOf(text: string): string[] {
  return text.match(/[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*/g) ?? []
}

/** Sentences of at least four words, as their words in lower case. */
function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])["\s]+/)
    .map(sentence => wordsOf(sentence.toLowerCase()))
    .filter(words => words.length >= 4)
    .map(words => words.join(' '))
}
