import { hasDialogue, lemmas, wordsOf } from '@tinystories/utils/text'
import type { Instruction } from '../completions/completion.ts'

/** What a program can say about a story and what was asked. A summary and other features need a judge. */
export interface InstructionCheck {
  /** Word -> whether the story uses it, in any inflection. */
  words: Record<string, boolean>
  /** Feature -> whether the story has it, for `Dialogue` and `Named …`; left out where neither was asked. */
  features?: Record<string, boolean>
  /** Whether the sentence stands in the story; undefined when none was asked. */
  sentence?: boolean
  /** Whether all of it is there. */
  all: boolean
}

/** Checks a story against the words, the sentence and those features that were asked. Case, punctuation and white space do not matter. */
export function checkInstruction(
  { words = [], features = [], sentence }: Instruction,
  story: string,
): InstructionCheck {
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
  const shown = features.flatMap((feature): [string, boolean][] => {
    if (feature === 'Dialogue') return [[feature, hasDialogue(story)]]
    const [, name] = /^Named (.+)$/.exec(feature) ?? []
    return name === undefined ? [] : [[feature, storyWords.some(word => isForm(word, name))]]
  })
  return {
    words: found,
    ...(shown.length > 0 ? { features: Object.fromEntries(shown) } : {}),
    ...(there === undefined ? {} : { sentence: there }),
    all: [...Object.values(found), ...shown.map(([, has]) => has)].every(Boolean) && there !== false,
  }
}

/** A name as it stands, or with what marks an owner. */
function isForm(word: string, name: string): boolean {
  return word.replace(/'s?$/, '') === name.toLowerCase()
}
