import type { Instruction } from '../completions/completion.ts'
import { lemmas } from '../text/lemmas.ts'
import { wordsOf } from '../text/words.ts'

/** What a program can say about a story and what was asked. Features and summary need a judge. */
export interface InstructionCheck {
  /** Word -> whether the story uses it, in any inflection. */
  words: Record<string, boolean>
  /** Whether the sentence stands in the story; undefined when none was asked. */
  sentence?: boolean
  /** Whether all of it is there. */
  all: boolean
}

/** Checks a story against the words and the sentence that were asked. Case, punctuation and white space do not matter. */
export function checkInstruction({ words = [], sentence }: Instruction, story: string): InstructionCheck {
  const storyWords = wordsOf(story)
  const used = new Set(storyWords.flatMap(word => [...lemmas(word)]))
  const found: Record<string, boolean> = {}
  for (const word of words) {
    const parts = wordsOf(word)
    found[word] = parts.length > 0 && parts.every(part => [...lemmas(part)].some(lemma => used.has(lemma)))
  }
  const wanted = sentence === undefined ? undefined : wordsOf(sentence).join(' ')
  const there =
    wanted === undefined ? undefined : wanted !== '' && ` ${storyWords.join(' ')} `.includes(` ${wanted} `)
  return {
    words: found,
    ...(there === undefined ? {} : { sentence: there }),
    all: Object.values(found).every(Boolean) && there !== false,
  }
}
