import { Random } from '@tinystories/utils/random'
import { sentencesOf } from '@tinystories/utils/text'
import type { Story } from '../stream/story.ts'
import type { WordCounts } from './count-words.ts'
import { deriveRecord } from './derive-record.ts'
import type { VocabularyIndex } from './vocabulary-index.ts'

/**
 * A story with all that it could have been asked for: what is known of it, and for the rest what a program can tell.
 * The sentence is any but the first; a summary there is only where it is given.
 *
 * @param seed the same seed takes the same words and sentence from the same story
 * @param counts those of {@link countWords}, with which rare words of a story are taken as `deriveRecord` says
 */
export function completeRecord(
  { prompt: _, ...story }: Story,
  { vocabulary, seed, counts }: { vocabulary: VocabularyIndex; seed: number; counts?: WordCounts },
): Story {
  const random = new Random(seed).stream('record', story.text)
  const derived = deriveRecord(story.text, {
    vocabulary,
    random: random.stream('words'),
    ...(counts && { counts }),
  })
  const later = sentencesOf(story.text).slice(1)
  const sentence = story.sentence ?? later[random.integer(Math.max(1, later.length))]
  return {
    ...story,
    words: story.words?.length ? story.words : derived.words,
    features: story.features?.length ? story.features : derived.features,
    ...(sentence === undefined ? {} : { sentence }),
  }
}

/** Asks a language model for the summary of a story, in our own words. */
export function summaryRequest(text: string): string {
  return `Here is a tale for small children:\n\n${text}\n\nTell in one or two short sentences what happens in it. Give these sentences alone.`
}

/** The summary in a reply; undefined for a reply that is none. */
export function readSummary(reply: { text: string; finishReason: string }): string | undefined {
  if (reply.finishReason === 'length') return undefined
  const text = reply.text
    .replace(/<think>[\s\S]*?<\/think>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^(?:\*\*)?summary:?(?:\*\*)?:?\s*/i, '')
    .replace(/^(["“])(.*)["”]$/, '$2')
  return /\p{L}/u.test(text) && text.length <= 600 ? text : undefined
}
