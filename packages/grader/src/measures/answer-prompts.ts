import { parseList } from '../completions/read-beginnings.ts'
import { GraderInputError } from '../errors.ts'
import { hashText } from '../hash.ts'
import { lemmas } from '../text/lemmas.ts'
import { wordsOf } from '../text/words.ts'

/** What a prompt probes. */
export type PromptKind = 'factual' | 'reasoning' | 'context'

/** A beginning that has right and wrong ways to go on. */
export interface AnswerPrompt {
  id: string
  kind: PromptKind
  prompt: string
  /** Words or phrases, in any inflection, one of which must come in the first sentence. */
  accept: string[]
  /** Words or phrases that make it wrong when they come before an accepted one. */
  reject?: string[]
}

/** `unknown`: the prompt names no answers. */
export type Answer = 'right' | 'wrong' | 'unknown'

/**
 * Whether a completion goes on rightly: looks at the first sentence (to the first `.`, `!`, `?` or line break after a
 * word) for an accepted answer before any rejected one.
 */
export function checkAnswer({ accept, reject = [] }: AnswerPrompt, completion: string): Answer {
  if (accept.length === 0) return 'unknown'
  const sentence = /^[^\p{L}\p{N}]*[\p{L}\p{N}][^.!?\n]*/u.exec(completion)?.[0] ?? ''
  const words = wordsOf(sentence).map(word => lemmas(word))
  const right = firstOf(accept, words)
  return right !== undefined && right <= (firstOf(reject, words) ?? Number.POSITIVE_INFINITY)
    ? 'right'
    : 'wrong'
}

/** Where the first of the phrases begins. */
function firstOf(phrases: readonly string[], words: readonly Set<string>[]): number | undefined {
  const wanted = phrases.map(phrase => wordsOf(phrase).map(word => lemmas(word)))
  for (let at = 0; at < words.length; at++) {
    if (wanted.some(phrase => phrase.length > 0 && phrase.every((word, i) => shareOne(word, words[at + i]))))
      return at
  }
  return undefined
}

function shareOne(a: Set<string>, b: Set<string> | undefined): boolean {
  if (!b) return false
  for (const lemma of a) if (b.has(lemma)) return true
  return false
}

/**
 * Reads prompts: a YAML or JSON list of objects `{ prompt, kind?, accept?, reject?, id? }`, or of texts, which have
 * no answers.
 *
 * @param kind of prompts that do not say
 * @throws GraderInputError that names the item
 */
export function readAnswerPrompts(
  text: string,
  source: string,
  kind: PromptKind = 'factual',
): AnswerPrompt[] {
  return parseList(text, source).map((item, i) => {
    const wrong = (problem: string): GraderInputError =>
      new GraderInputError({
        source,
        place: `item ${i + 1}`,
        problem,
        remedy:
          'Give {"prompt": "…", "kind": "factual" | "reasoning" | "context", "accept": ["…"], "reject": ["…"]}',
      })
    const fields: Record<string, unknown> =
      typeof item === 'string'
        ? { prompt: item }
        : typeof item === 'object' && item !== null
          ? { ...item }
          : {}
    const { id, prompt, accept = [], reject, kind: own = kind } = fields
    if (typeof prompt !== 'string' || prompt.trim() === '')
      throw wrong('the field "prompt" is missing or empty')
    if (own !== 'factual' && own !== 'reasoning' && own !== 'context')
      throw wrong(`there is no kind ${JSON.stringify(own)}`)
    const texts = (value: unknown, name: string): string[] => {
      if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value
      throw wrong(`the field "${name}" is not a list of texts`)
    }
    return {
      id: typeof id === 'string' ? id : `${own}-${i + 1}-${hashText(prompt, 4)}`,
      kind: own,
      prompt,
      accept: texts(accept, 'accept'),
      ...(reject === undefined ? {} : { reject: texts(reject, 'reject') }),
    }
  })
}
