import { runBeams } from '../generation/beam-search.ts'
import type { GenerationModel } from '../generation/generate.ts'

/** What is needed of a tokenizer. */
interface SentenceTokenizer {
  encode(text: string, options: { addSpecialTokens: boolean }): { ids: ArrayLike<number> }
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
}

const BEAMS = 4
/** Tokens of a sentence at most. */
const LONGEST = 18
/** Below 1: with a mean, a long and likely sentence hides a word that does not fit. */
const LENGTH_PENALTY = 0.3
/** What of the story is read. */
const CONTEXT = 96

/** A sentence that holds a word. */
export interface WordSentence {
  word: string
  ids: number[]
  logProbabilities: number[]
  /** Log-probability over the length to the power of {@link LENGTH_PENALTY}. */
  score: number
}

/**
 * The most probable sentence that continues a story and holds one of some words, by grid beam search: the model chooses what
 * leads to the word and what follows it, so that the word stands where it fits.
 *
 * @param story ends with a sentence
 */
export async function writeSentence(
  model: GenerationModel,
  tokenizer: SentenceTokenizer,
  story: readonly number[],
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<WordSentence | undefined> {
  const context = story.slice(-Math.min(CONTEXT, model.config.contextLength - LONGEST))
  if (context.length === 0) return undefined
  const { ends, joins } = tokenKinds(model, tokenizer)
  let best: WordSentence | undefined
  for (const word of words) {
    const ids = Array.from(tokenizer.encode(` ${word}`, { addSpecialTokens: false }).ids)
    if (ids.length === 0 || ids.some(id => ends.includes(id))) continue
    const [[found] = []] = await runBeams(
      model,
      [context],
      {
        beams: BEAMS,
        count: 1,
        lengthPenalty: LENGTH_PENALTY,
        earlyStopping: false,
        maxTokens: LONGEST,
        stopIds: ends,
        phrase: { ids, notAfter: joins },
      },
      signal,
    )
    if (found && (best === undefined || found.score > best.score)) best = { word, ...found }
  }
  return best
}

interface TokenKinds {
  /** Tokens that end a sentence. */
  ends: readonly number[]
  /** Tokens that join the word before them. */
  joins: readonly number[]
}

const known = new WeakMap<SentenceTokenizer, TokenKinds>()

function tokenKinds({ config }: GenerationModel, tokenizer: SentenceTokenizer): TokenKinds {
  const kinds = known.get(tokenizer)
  if (kinds) return kinds
  const text = (ids: number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true })
  const [first = 0] = Array.from(tokenizer.encode(' dog', { addSpecialTokens: false }).ids)
  const before = text([first])
  const ends: number[] = []
  const joins: number[] = []
  for (let id = 0; id < config.vocabSize; id++) {
    try {
      const added = text([first, id]).slice(before.length)
      if (/^[.!?]$/.test(added)) ends.push(id)
      if (/^[\p{L}\p{N}'’-]/u.test(added)) joins.push(id)
    } catch {
      // An id that the tokenizer does not have: published models round their vocabulary up.
    }
  }
  known.set(tokenizer, { ends, joins })
  return { ends, joins }
}
