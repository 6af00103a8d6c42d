import { parseValue } from '@tinystories/utils/schema'
import { lemmas, wordsOf } from '@tinystories/utils/text'
import * as v from 'valibot'
import { parseList } from '../completions/parse-prompts.ts'
import { hashText } from '../hash.ts'

/** What a prompt probes. */
export type PromptKind = 'factual' | 'reasoning' | 'context'

/** A prompt that has right and wrong ways to go on. */
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

const kinds = v.picklist(['factual', 'reasoning', 'context'])
const texts = v.array(v.string())
const items = v.array(
  v.union(
    [
      v.pipe(
        v.string(),
        v.transform(prompt => ({ prompt })),
      ),
      v.record(v.string(), v.unknown()),
    ],
    'a text or an object',
  ),
)
const fields = v.object({
  id: v.optional(v.string()),
  kind: v.optional(kinds),
  prompt: v.pipe(
    v.string(),
    v.check(value => value.trim() !== '', 'a text that is not empty'),
  ),
  accept: v.optional(texts, []),
  reject: v.optional(texts),
})

/**
 * Parses prompts with their answers: a YAML or JSON list of objects `{ prompt, kind?, accept?, reject?, id? }`, or of
 * texts, which have no answers.
 *
 * @param source names the file in errors
 * @param kind of prompts that do not say
 * @throws GraderError `not-yaml` or `no-items`, InputError with the path of the first wrong field
 */
export function parseAnswerPrompts(
  text: string,
  source: string,
  kind: PromptKind = 'factual',
): AnswerPrompt[] {
  const list = parseValue(items, parseList(text, source, 'prompts'), source)
  return list.map((item, i) => {
    const { id, kind: own = kind, ...rest } = parseValue(fields, item, `${source}, item ${i + 1}`)
    return { id: id ?? `${own}-${i + 1}-${hashText(rest.prompt, 4)}`, kind: own, ...rest }
  })
}
