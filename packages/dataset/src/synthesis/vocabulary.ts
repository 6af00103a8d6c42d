import { builtin } from '@tinystories/utils/node'
import { DatasetError } from '../errors/dataset-error.ts'

/** Simple words by part of speech, each in one list only. */
export interface StoryVocabulary {
  verbs: readonly string[]
  nouns: readonly string[]
  adjectives: readonly string[]
}

/** The lists' names, in the order in which a story's words are generated. */
export const partsOfSpeech = ['verbs', 'nouns', 'adjectives'] as const

const file = new URL('../../corpus/words.json', import.meta.url)
let loaded: Promise<StoryVocabulary> | undefined

/** The words that come with the package, written for this project: 1,891 that a child of three or four may know. */
export function storyVocabulary(): Promise<StoryVocabulary> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<StoryVocabulary> {
  if (file.protocol === 'file:') {
    const { readFile } = builtin('node:fs/promises')
    return JSON.parse(await readFile(file, 'utf8')) as StoryVocabulary
  }
  // In a browser the package lies on a server.
  const reply = await fetch(file)
  if (!reply.ok) throw new DatasetError('not-found', { source: file.href, status: reply.status })
  return (await reply.json()) as StoryVocabulary
}
