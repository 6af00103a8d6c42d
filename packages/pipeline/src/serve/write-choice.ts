import {
  type FinishReason,
  generateText,
  type SampledToken,
  type SamplingOptions,
  score,
} from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { TextModel } from '../recipe/write-story.ts'

/** One text that a request asks for. */
export interface Choice {
  index: number
  /** At least one token. */
  promptIds: readonly number[]
  sampling: SamplingOptions
  maxTokens: number
  stop: string[]
  seed: number
  /** Whether each token comes with its log-probability, and `sampling.alternatives` others. */
  logprobs: boolean
  /** The prompt is given too: the text that it was. */
  echo?: string | undefined
}

/** A token as a client is shown it. */
export interface ShownToken {
  text: string
  /** null: nothing stands before it. */
  logProbability: number | null
  alternatives: { text: string; logProbability: number }[]
}

/** Some more text of a choice, with the tokens that it begins with or goes on with. */
export interface ChoicePiece {
  text: string
  tokens: ShownToken[]
}

/** How a choice ended. */
export interface ChoiceEnd {
  finishReason: FinishReason
  /** Tokens that were generated, those of a stop text included. */
  completionTokens: number
}

/** Generates one choice piece by piece. @throws GenerationError */
export async function* writeChoice(
  source: TextModel,
  choice: Choice,
  signal: AbortSignal,
): AsyncGenerator<ChoicePiece, ChoiceEnd, void> {
  const { model, tokenizer, stopIds = [] } = source
  const { promptIds, sampling, maxTokens, stop, seed, logprobs, echo } = choice
  if (echo !== undefined) yield { text: echo, tokens: logprobs ? await echoed(source, promptIds) : [] }
  const tokens = new TokenTexts(tokenizer, promptIds.at(-1)!)
  let completionTokens = 0
  const onToken = (token: SampledToken): void => {
    completionTokens++
    if (logprobs) tokens.push(token)
  }
  const options = { ...sampling, maxTokens, stop, stopIds, seed, signal, onToken }
  const pieces = generateText({ ...options, model, tokenizer, prompt: promptIds })
  let given = 0
  for (;;) {
    const next = await pieces.next()
    if (next.done) {
      const left = tokens.take(
        stop.length === 0 || next.value === 'length' ? Number.POSITIVE_INFINITY : given,
      )
      if (left.length > 0) yield { text: '', tokens: left }
      return { finishReason: next.value, completionTokens }
    }
    given += next.value.length
    yield { text: next.value, tokens: tokens.take(given) }
  }
}

/** The tokens of a prompt, and how the model expected each. */
async function echoed(
  { model, tokenizer, startId = tokenizer.endOfTextId }: TextModel,
  ids: readonly number[],
): Promise<ShownToken[]> {
  const [scores] = ids.length > 1 ? await score(model, ids.slice(0, 1), [ids.slice(1)]) : []
  // The token that begins a story is not part of the text.
  const begins = ids[0] === startId
  const all = ids.map((id, i) => ({
    text: i === 0 ? tokenizer.decode([id]) : textAfter(tokenizer, ids[i - 1]!, id),
    logProbability: i === 0 ? null : scores!.logProbabilities[i - 1]!,
    alternatives: [],
  }))
  return begins ? all.slice(1) : all
}

/** What a token adds to the text after another one. */
export function textAfter(tokenizer: Tokenizer, previous: number, id: number): string {
  const before = tokenizer.decode([previous])
  const both = tokenizer.decode([previous, id])
  // Parts of a character show as something else together than alone.
  return both.startsWith(before) ? both.slice(before.length) : (tokenizer.idToToken(id) ?? '')
}

/** Holds tokens back until the text where they begin is given. */
class TokenTexts {
  readonly #tokenizer: Tokenizer
  #last: number
  #begin = 0
  #held: { begin: number; token: ShownToken }[] = []

  constructor(tokenizer: Tokenizer, last: number) {
    this.#tokenizer = tokenizer
    this.#last = last
  }

  push({ id, logProbability, alternatives = [] }: SampledToken): void {
    const textOf = (id: number): string => textAfter(this.#tokenizer, this.#last, id)
    const text = textOf(id)
    const others = alternatives.map(({ id, logProbability }) => ({ text: textOf(id), logProbability }))
    this.#held.push({ begin: this.#begin, token: { text, logProbability, alternatives: others } })
    this.#begin += text.length
    this.#last = id
  }

  /** Those that begin before a place in the text. */
  take(end: number): ShownToken[] {
    const count = this.#held.filter(({ begin }) => begin < end).length
    return this.#held.splice(0, count).map(({ token }) => token)
  }
}
