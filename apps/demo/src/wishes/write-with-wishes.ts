import { placeOfWord, usesWord } from './uses-word.ts'
import { cues, hasFeature, type Wishes } from './wishes.ts'

// Plain models do what they learnt: to go on. They follow no instructions. So the page lets one write some sentences,
// looks where in them a wanted word was least surprising, puts it in there, and lets the model go on from it.

/** A token of the story: the model's, or put in by the page. */
export interface WishedToken {
  id: number
  /** Of those that the model wrote. */
  probability?: number
}

/** What a model writes with, whatever computes. */
export interface Pen {
  /** Goes on from a text. `ended`: with the token that ends a story, which is left out. */
  write(
    ids: readonly number[],
    options: { maxTokens: number; seed: number },
  ): Promise<{ tokens: { id: number; probability: number }[]; ended: boolean }>
  /**
   * How the model expected some tokens at each place of a text from `from` on, and after its end.
   *
   * @returns natural-log probabilities `[ids.length - from + 1, targets.length]`, row-major
   */
  expect(ids: readonly number[], from: number, targets: readonly number[]): Promise<Float32Array>
  /** Of each text the natural-log probability of its last `count` tokens together, given those before. */
  rate(texts: readonly (readonly number[])[], count: number): Promise<Float32Array>
}

/** Just what is needed of a tokenizer. */
interface Coder {
  encode(text: string, options: { addSpecialTokens: boolean }): { ids: ArrayLike<number> }
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
}

export interface WishOptions extends Wishes {
  maxTokens: number
  seed: number
}

type Stage = { at: number; feature?: string }

/** Tokens that a draft has beyond the place where something is wanted: choice for the place. */
const SLACK = 36
/** Words that are put in stand so many tokens apart. */
const GAP = 4
/** Kept for the sentence that a moral is. */
const MORAL_TOKENS = 40
/** Places that are looked at closely for a word of several pieces. */
const CLOSELY = 6
/** What is read before a place to look at it closely. */
const NEAR_TOKENS = 96
/** Draws of the token that follows a word. */
const MOST_DRAWS = 6

/**
 * Writes a story that uses words and has features, as far as they can be brought in.
 *
 * @param start the tokens that the story begins with; they are not yielded
 * @returns why it ended
 */
export async function* writeWithWishes(
  pen: Pen,
  coder: Coder,
  start: readonly number[],
  { words, features, maxTokens, seed }: WishOptions,
): AsyncGenerator<WishedToken, 'stop' | 'length', void> {
  const story = [...start]
  const written = (): number => story.length - start.length
  const text = (ids: readonly number[]): string => coder.decode(ids, { skipSpecialTokens: true })
  const moral = features.includes('MoralValue')
  const length = maxTokens - (moral ? MORAL_TOKENS : 0)
  let draws = 0
  const draft = (count: number) =>
    // Another seed each time: the same numbers would be drawn again.
    pen.write(story, { maxTokens: count, seed: seed + 7919 * draws++ })
  const put = function* (tokens: readonly WishedToken[]): Generator<WishedToken> {
    for (const token of tokens) {
      story.push(token.id)
      yield token
    }
  }
  const given = (piece: string): WishedToken[] =>
    Array.from(coder.encode(piece, { addSpecialTokens: false }).ids, id => ({ id }))

  for (const stage of stages(words, features)) {
    const missing = words.filter(word => !usesWord(text(story), word))
    if (stage.feature === undefined ? missing.length === 0 : hasFeature(text(story), stage.feature)) continue
    const wanted = Math.round(stage.at * length)
    const room = Math.min(length - written(), Math.max(SLACK, wanted - written() + SLACK))
    if (room < SLACK / 2) break
    const { tokens } = await draft(room)
    const ids = tokens.map(token => token.id)
    if (stage.feature !== undefined) {
      const places = sentenceEnds(coder, story, ids)
      const place = places.find(end => written() + end >= wanted) ?? places.at(-1)
      if (place === undefined) continue
      yield* put(tokens.slice(0, place))
      yield* put(given(` ${cues.get(stage.feature)!.text}`))
      continue
    }
    // What comes by itself is best.
    const natural = firstUse(coder, story, ids, missing)
    if (natural !== undefined) {
      yield* put(tokens.slice(0, natural))
      continue
    }
    const best = await bestPlace(pen, coder, story, ids, missing)
    if (!best) continue
    yield* put(tokens.slice(0, best.place))
    yield* put(best.pieces.map(id => ({ id })))
    // What follows may be a plural's s, but must not make another word of it.
    for (let i = 0; i < MOST_DRAWS; i++) {
      const next = (await draft(1)).tokens
      if (!usesWord(text([...story, ...next.map(({ id }) => id)]), best.word)) continue
      yield* put(next)
      break
    }
  }

  const { tokens, ended } = await draft(Math.max(1, length - written()))
  if (!moral) {
    yield* put(tokens)
    return ended ? 'stop' : 'length'
  }
  const end = sentenceEnds(
    coder,
    story,
    tokens.map(token => token.id),
  ).at(-1)
  yield* put(tokens.slice(0, end ?? tokens.length))
  const cue = given(` ${cues.get('MoralValue')!.text}`)
  yield* put(cue)
  const last = await draft(MORAL_TOKENS - cue.length)
  yield* put(last.tokens)
  return last.ended ? 'stop' : 'length'
}

/** What is brought in, in the order of the story. Words are spread over its first two thirds. */
function stages(words: readonly string[], features: readonly string[]): Stage[] {
  const ofWords = words.map((_, i) => ({ at: (0.65 * i) / words.length }))
  const ofFeatures = [...cues]
    .filter(([name, cue]) => features.includes(name) && cue.at < 1)
    .map(([name, cue]) => ({ at: cue.at, feature: name }))
  return [...ofWords, ...ofFeatures].toSorted((a, b) => a.at - b.at)
}

/** Lengths of the draft after which a sentence has ended: outside of what somebody says, where there are such places. */
function sentenceEnds(coder: Coder, story: readonly number[], draft: readonly number[]): number[] {
  const ends = Array.from({ length: draft.length }, (_, i) => {
    const text = coder.decode([...story, ...draft.slice(0, i + 1)], { skipSpecialTokens: true })
    // Speech ends with its paragraph, even where a small model forgets to close it.
    const paragraph = text.slice(text.lastIndexOf('\n') + 1)
    const quotes = paragraph.match(/"/g)?.length ?? 0
    return { place: i + 1, ended: /[.!?]"?$/.test(paragraph), speech: quotes % 2 === 1 }
  }).filter(({ ended }) => ended)
  const outside = ends.filter(({ speech }) => !speech)
  return (outside.length > 0 ? outside : ends).map(({ place }) => place)
}

/** The length of the draft that ends with the first use of one of the words. */
function firstUse(
  coder: Coder,
  story: readonly number[],
  draft: readonly number[],
  words: readonly string[],
): number | undefined {
  const before = coder.decode(story, { skipSpecialTokens: true })
  const all = coder.decode([...story, ...draft], { skipSpecialTokens: true })
  const ends = words.flatMap(word => placeOfWord(all.slice(before.length), word) ?? [])
  if (ends.length === 0) return undefined
  const end = before.length + Math.min(...ends)
  for (let place = 1; place <= draft.length; place++) {
    const text = coder.decode([...story, ...draft.slice(0, place)], { skipSpecialTokens: true })
    if (text.length >= end) return place
  }
  return draft.length
}

interface Candidate {
  word: string
  pieces: readonly number[]
  /** Length of the draft before it. */
  place: number
  /** Natural-log probability there; of the first piece only until it is looked at closely. */
  score: number
}

/** Where in a draft which of the words is the least surprising, as a word of its own. */
async function bestPlace(
  pen: Pen,
  coder: Coder,
  story: readonly number[],
  draft: readonly number[],
  words: readonly string[],
): Promise<Candidate | undefined> {
  const pieces = words.map(word => Array.from(coder.encode(` ${word}`, { addSpecialTokens: false }).ids))
  const first = pieces.map(piece => piece[0]!)
  const expected = await pen.expect([...story, ...draft], story.length, first)
  const text = (ids: readonly number[]): string => coder.decode(ids, { skipSpecialTokens: true })
  const ends = Array.from({ length: draft.length + 1 }, (_, place) => place).filter(place => {
    if (place < Math.min(GAP, draft.length)) return false
    if (place === draft.length) return true
    const before = [...story, ...draft.slice(0, place)]
    const added = text([...before, draft[place]!]).slice(text(before).length)
    return !/^[\p{L}\p{N}'’]/u.test(added)
  })
  const candidates: Candidate[] = []
  for (const [i, word] of words.entries()) {
    const before = (place: number): number[] => [...story, ...draft.slice(0, place)]
    const best = ends
      .map(place => ({ word, pieces: pieces[i]!, place, score: expected[place * words.length + i]! }))
      .filter(({ place }) => text([...before(place), ...pieces[i]!]).endsWith(` ${word}`))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, CLOSELY)
    const count = pieces[i]!.length
    if (count > 1 && best.length > 0) {
      const rated = await pen.rate(
        best.map(({ place }) => [...before(place).slice(-NEAR_TOKENS), ...pieces[i]!]),
        count,
      )
      for (const [j, candidate] of best.entries()) candidate.score = rated[j]!
    }
    candidates.push(...best)
  }
  return candidates.toSorted((a, b) => b.score - a.score)[0]
}
