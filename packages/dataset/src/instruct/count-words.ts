import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import type { VocabularyIndex } from './vocabulary-index.ts'

/** In how many stories each word of a vocabulary stands; a word that is missing stands in none. */
export type WordCounts = ReadonlyMap<string, number>

/** Stories that are counted at most: enough to separate common words from rare ones. */
const mostStories = 20_000

/** Counts the words of a vocabulary in the first 20,000 stories: in how many of them each stands. */
export async function countWords(
  stories: StoryStream<Story>,
  vocabulary: VocabularyIndex,
  signal?: AbortSignal,
): Promise<WordCounts> {
  const counts = new Map<string, number>()
  for await (const { text } of stories.take(mostStories).iterate(signal ? { signal } : {}))
    for (const word of new Set(Object.values(vocabulary.find(text)).flatMap(words => [...words])))
      counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
