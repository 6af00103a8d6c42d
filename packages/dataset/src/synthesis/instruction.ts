import { Random } from '@tinystories/utils/random'
import type { Story } from '../stream/story.ts'

/** Options of {@link instructionFor}. */
export interface InstructionOptions {
  seed: number
  /** Place of the story, so that each draws differently. */
  index: number
  /** Never summary and words together, to test later whether a model can follow both. Default false. */
  ood?: boolean
}

/**
 * An instruction for a story, as TinyStories-Instruct has them: a random subset of words, features, summary and a random
 * sentence of the story (never its first), one line each in random order, then `Story:`.
 *
 * @returns what to add to the story: the instruction as `prompt`, and its `sentence` where there is one
 */
export function instructionFor(
  { text, words, features, summary }: Story,
  { seed, index, ood = false }: InstructionOptions,
): { prompt: string; sentence?: string } {
  const random = new Random(seed).stream('instruction', index)
  const later = sentencesOf(text).slice(1)
  const sentence = later[random.integer(Math.max(1, later.length))]
  const parts: [name: string, line: string][] = []
  if (words && words.length > 0) parts.push(['words', `Words: ${words.join(', ')}`])
  if (features && features.length > 0) parts.push(['features', `Features: ${features.join(', ')}`])
  if (summary) parts.push(['summary', `Summary: ${summary}`])
  if (sentence !== undefined) parts.push(['sentence', `Random sentence: ${sentence}`])
  // Every subset that holds at least one is as likely as any other.
  const subset = parts.length === 0 ? 0 : 1 + random.integer(2 ** parts.length - 1)
  let chosen = random.shuffle(parts.filter((_, i) => (subset >> i) & 1))
  const has = (name: string): boolean => chosen.some(([found]) => found === name)
  if (ood && has('words') && has('summary')) {
    const dropped = random.integer(2) === 0 ? 'words' : 'summary'
    chosen = chosen.filter(([name]) => name !== dropped)
  }
  return {
    prompt: [...chosen.map(([, line]) => line), 'Story:'].join('\n'),
    ...(has('sentence') ? { sentence: sentence! } : {}),
  }
}

/** Sentences, white space inside made single. A sentence ends with its closing quotation marks. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?…]["'”’]*)\s+(?=["'“‘]?\p{Lu})|\n+/u)
    .map(sentence => sentence.replaceAll(/\s+/g, ' ').trim())
    .filter(sentence => /\p{L}/u.test(sentence))
}
