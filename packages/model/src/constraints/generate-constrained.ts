import { endOfWord, usesWord } from '@tinystories/utils/text'
import { GenerationError } from '../errors/index.ts'
import {
  type FinishReason,
  type GenerateOptions,
  type GenerationModel,
  generate,
} from '../generation/generate.ts'
import { expectTokens, score } from '../generation/score.ts'
import { featureTriggers, hasFeature } from './features.ts'
import { writeSentence } from './write-sentence.ts'

// Plain models only continue; they follow no instructions. So the model drafts some sentences. A wanted word that is not
// among them comes in by a sentence that is found by grid beam search; where no sentence has ended, the word is inserted
// where it surprises the model least, and the model continues from it.

/** What a story must have. */
export interface Constraints {
  /** Words to use, such as a verb, a noun and an adjective. */
  words?: readonly string[]
  /** Names in `featureTriggers`. */
  features?: readonly string[]
}

/** A token of a constrained story. */
export interface ConstrainedToken {
  id: number
  /** Natural-log probability of a token that the model chose; none where it was inserted. */
  logProbability?: number
}

/** What is needed of a tokenizer; those of `@tinystories/tokenizer` have it. */
export interface ConstraintTokenizer {
  encode(text: string, options: { addSpecialTokens: boolean }): { ids: ArrayLike<number> }
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
}

/** Options of {@link generateConstrained}. */
export interface GenerateConstrainedOptions extends GenerateOptions {
  constraints: Constraints
  tokenizer: ConstraintTokenizer
  /** How many of the first tokens are no part of the story, such as an instruction: what they say is still to come. Default 0. */
  instructionLength?: number
}

type Stage = { position: number; feature?: string }

/** Tokens that a draft has beyond the position where something is wanted: the choice of positions. */
const SLACK = 36
/** Least number of tokens between inserted words. */
const GAP = 4
/** Kept for the sentence of a moral. */
const MORAL_TOKENS = 40
/** Positions at which a word of several tokens is scored as a whole. */
const MOST_SCORED = 6
/** Tokens before a position that are read to score a word there. */
const SCORED_CONTEXT = 96
/** Draws of the token that follows an inserted word. */
const MOST_DRAWS = 6

/**
 * Generates a story that uses words and has features, as far as they can be brought in. The story may be up to a dozen
 * tokens longer than `maxTokens`.
 *
 * @param promptIds the tokens that the story begins with; they are not yielded
 * @returns a generator of tokens, which returns why it ended
 * @throws GenerationError as `generate` does, and `invalid-option` for an unknown feature
 */
export async function* generateConstrained(
  model: GenerationModel,
  promptIds: ArrayLike<number>,
  {
    constraints,
    tokenizer,
    instructionLength = 0,
    maxTokens = 200,
    seed,
    ...options
  }: GenerateConstrainedOptions,
): AsyncGenerator<ConstrainedToken, FinishReason, void> {
  const { words = [], features = [] } = constraints
  for (const feature of features) {
    if (Object.hasOwn(featureTriggers, feature)) continue
    const allowed = `one of ${Object.keys(featureTriggers).join(', ')}`
    throw new GenerationError('invalid-option', { option: 'constraints.features', value: feature, allowed })
  }
  const start = seed ?? Math.floor(Math.random() * 2 ** 32)
  const promptLength = promptIds.length
  const story = Array.from(promptIds)
  const generated = (): number => story.length - promptLength
  const text = (ids: readonly number[]): string =>
    tokenizer.decode(ids.slice(instructionLength), { skipSpecialTokens: true })
  const moral = features.includes('MoralValue')
  const length = maxTokens - (moral ? MORAL_TOKENS : 0)
  let draws = 0
  const draft = (count: number): Promise<Draft> => {
    // A draft must fit the context with what it continues.
    const seen = story.slice(-(model.config.contextLength - 1))
    // Another seed each time: the same numbers would be drawn again.
    return drawDraft(model, seen, { ...options, maxTokens: count, seed: start + 7919 * draws++ })
  }
  const put = function* (tokens: readonly ConstrainedToken[]): Generator<ConstrainedToken> {
    for (const token of tokens) {
      story.push(token.id)
      yield token
    }
  }
  const encode = (piece: string): number[] =>
    Array.from(tokenizer.encode(piece, { addSpecialTokens: false }).ids)
  const inserted = (ids: readonly number[]): ConstrainedToken[] => ids.map(id => ({ id }))

  for (const { position, feature } of stages(words, features)) {
    const missing = words.filter(word => !usesWord(text(story), word))
    if (feature === undefined ? missing.length === 0 : hasFeature(text(story), feature)) continue
    const wanted = Math.round(position * length)
    const room = Math.min(length - generated(), Math.max(SLACK, wanted - generated() + SLACK))
    if (room < SLACK / 2) break
    const { tokens } = await draft(room)
    const ids = tokens.map(token => token.id)
    if (feature !== undefined) {
      const ends = sentenceEnds(tokenizer, story, ids)
      const end = ends.find(end => generated() + end >= wanted) ?? ends.at(-1)
      if (end === undefined) continue
      yield* put(tokens.slice(0, end))
      yield* put(inserted(encode(` ${featureTriggers[feature]!.text}`)))
      continue
    }
    // A word that comes by itself is best.
    const natural = firstUse(tokenizer, story, ids, missing)
    if (natural !== undefined) {
      yield* put(tokens.slice(0, natural))
      continue
    }
    const end = sentenceEnds(tokenizer, story, ids).find(end => generated() + end >= wanted)
    if (end !== undefined) {
      const before = [...story, ...ids.slice(0, end)]
      const sentence = await writeSentence(model, tokenizer, before, missing, options.signal)
      if (sentence && usesWord(text([...before, ...sentence.ids]), sentence.word)) {
        yield* put(tokens.slice(0, end))
        yield* put(sentence.ids.map((id, i) => ({ id, logProbability: sentence.logProbabilities[i]! })))
        continue
      }
    }
    const best = await bestPosition(model, tokenizer, story, ids, missing)
    if (!best) continue
    yield* put(tokens.slice(0, best.position))
    yield* put(inserted(best.pieces))
    // What follows may be a plural's s, but must not make another word of it.
    for (let i = 0; i < MOST_DRAWS; i++) {
      const next = (await draft(1)).tokens
      if (!usesWord(text([...story, ...next.map(({ id }) => id)]), best.word)) continue
      yield* put(next)
      break
    }
  }

  const { tokens, reason } = await draft(Math.max(1, length - generated()))
  if (!moral) {
    yield* put(tokens)
    return reason
  }
  const ids = tokens.map(token => token.id)
  yield* put(tokens.slice(0, sentenceEnds(tokenizer, story, ids).at(-1) ?? tokens.length))
  const trigger = encode(` ${featureTriggers.MoralValue!.text}`)
  yield* put(inserted(trigger))
  const last = await draft(MORAL_TOKENS - trigger.length)
  yield* put(last.tokens)
  return last.reason
}

interface Draft {
  tokens: { id: number; logProbability: number }[]
  reason: FinishReason
}

async function drawDraft(
  model: GenerationModel,
  ids: readonly number[],
  options: GenerateOptions,
): Promise<Draft> {
  const generator = generate(model, ids, options)
  const tokens: Draft['tokens'] = []
  for (;;) {
    const next = await generator.next()
    if (next.done) return { tokens, reason: next.value }
    tokens.push(next.value)
  }
}

/** What is brought in, in the order of the story. Words are spread over its first two thirds. */
function stages(words: readonly string[], features: readonly string[]): Stage[] {
  const ofWords = words.map((_, i) => ({ position: (0.65 * i) / words.length }))
  const ofFeatures = Object.entries(featureTriggers)
    .filter(([feature, { position }]) => features.includes(feature) && position < 1)
    .map(([feature, { position }]) => ({ position, feature }))
  return [...ofWords, ...ofFeatures].toSorted((a, b) => a.position - b.position)
}

/** Lengths of the draft after which a sentence has ended: outside of quotations, where there are such positions. */
function sentenceEnds(
  tokenizer: ConstraintTokenizer,
  story: readonly number[],
  draft: readonly number[],
): number[] {
  const ends = Array.from({ length: draft.length }, (_, i) => {
    const text = tokenizer.decode([...story, ...draft.slice(0, i + 1)], { skipSpecialTokens: true })
    // Speech ends with its paragraph, even where a small model forgets to close it.
    const paragraph = text.slice(text.lastIndexOf('\n') + 1)
    const quotes = paragraph.match(/"/g)?.length ?? 0
    return { end: i + 1, ended: /[.!?]"?$/.test(paragraph), speech: quotes % 2 === 1 }
  }).filter(({ ended }) => ended)
  const outside = ends.filter(({ speech }) => !speech)
  return (outside.length > 0 ? outside : ends).map(({ end }) => end)
}

/** The length of the draft that ends with the first use of one of the words. */
function firstUse(
  tokenizer: ConstraintTokenizer,
  story: readonly number[],
  draft: readonly number[],
  words: readonly string[],
): number | undefined {
  const before = tokenizer.decode(story, { skipSpecialTokens: true })
  const all = tokenizer.decode([...story, ...draft], { skipSpecialTokens: true })
  const ends = words.flatMap(word => endOfWord(all.slice(before.length), word) ?? [])
  if (ends.length === 0) return undefined
  const end = before.length + Math.min(...ends)
  for (let length = 1; length <= draft.length; length++) {
    const text = tokenizer.decode([...story, ...draft.slice(0, length)], { skipSpecialTokens: true })
    if (text.length >= end) return length
  }
  return draft.length
}

interface Candidate {
  word: string
  pieces: readonly number[]
  /** Length of the draft before it. */
  position: number
  /** Natural-log probability there; of the first token only until the whole word is scored. */
  score: number
}

/** Where in a draft which of the words is the least surprising, as a word of its own. */
async function bestPosition(
  model: GenerationModel,
  tokenizer: ConstraintTokenizer,
  story: readonly number[],
  draft: readonly number[],
  words: readonly string[],
): Promise<Candidate | undefined> {
  const pieces = words.map(word => Array.from(tokenizer.encode(` ${word}`, { addSpecialTokens: false }).ids))
  const first = pieces.map(piece => piece[0]!)
  const expected = await expectTokens(model, [...story, ...draft], story.length, first)
  const text = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true })
  const before = (position: number): number[] => [...story, ...draft.slice(0, position)]
  const wordEnds = Array.from({ length: draft.length + 1 }, (_, position) => position).filter(position => {
    if (position < Math.min(GAP, draft.length)) return false
    if (position === draft.length) return true
    const added = text(before(position + 1)).slice(text(before(position)).length)
    return !/^[\p{L}\p{N}'’]/u.test(added)
  })
  const candidates: Candidate[] = []
  for (const [i, word] of words.entries()) {
    const best = wordEnds
      .map(position => ({
        word,
        pieces: pieces[i]!,
        position,
        score: expected[position * words.length + i]!,
      }))
      .filter(({ position }) => text([...before(position), ...pieces[i]!]).endsWith(` ${word}`))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MOST_SCORED)
    if (pieces[i]!.length > 1) {
      for (const candidate of best) {
        const [scored] = await score(model, before(candidate.position).slice(-SCORED_CONTEXT), [pieces[i]!])
        candidate.score = scored!.logProbability
      }
    }
    candidates.push(...best)
  }
  return candidates.toSorted((a, b) => b.score - a.score)[0]
}
