import { GenerationError } from '../errors/index.ts'
import { type FinishReason, type GenerateOptions, type GenerationModel, generate } from './generate.ts'
import type { SampledToken } from './sample-token.ts'

/** What {@link generateText} asks of a tokenizer; `@tinystories/tokenizer` has it. */
export interface TextTokenizer {
  encode(text: string, options?: { addSpecialTokens?: boolean }): { ids: ArrayLike<number> }
  decodeStream(): { push(id: number): string; end(): string }
  /** The token that ends a story. */
  readonly endOfTextId?: number | undefined
}

/** Options of {@link generateText}. */
export interface GenerateTextOptions extends GenerateOptions {
  model: GenerationModel
  tokenizer: TextTokenizer
  /** A text or its tokens. An empty prompt begins a story from nothing: after the tokenizer's end-of-text token. */
  prompt: string | ArrayLike<number>
  /**
   * Whether the prompt begins a story: the end-of-text token goes before it, as it stands before every story of a
   * packed training stream. Default false.
   */
  beginStory?: boolean
  /** The token that stands before a story. Default: the tokenizer's end-of-text token. */
  startId?: number | undefined
  /** Texts that end the story as soon as one is complete; neither it nor what follows is given. */
  stop?: string[]
  /** Called with each token of the continuation before the text that it settles is given, those of a stop text included. */
  onToken?: (token: SampledToken) => void
}

/**
 * Continues a prompt and yields the text piece by piece, as soon as it is settled. It ends at the
 * tokenizer's end-of-text token, at one of `stopIds`, at a stop text or at `maxTokens`. The pieces join to the
 * continuation alone: the prompt is not repeated.
 *
 * @returns a generator of texts, which returns why it ended
 * @throws GenerationError as {@link generate} does
 */
export async function* generateText(
  options: GenerateTextOptions,
): AsyncGenerator<string, FinishReason, void> {
  const { model, tokenizer, prompt, beginStory = false, stop = [], onToken, ...others } = options
  const { endOfTextId } = tokenizer
  const { startId = endOfTextId, ...rest } = others
  if (stop.includes('')) {
    throw new GenerationError('invalid-option', {
      option: 'stop',
      value: '',
      allowed: 'texts that are not empty',
    })
  }
  const promptIds = Array.from(
    typeof prompt === 'string' ? tokenizer.encode(prompt, { addSpecialTokens: false }).ids : prompt,
  )
  if ((beginStory || promptIds.length === 0) && startId !== undefined) promptIds.unshift(startId)
  const stopIds = [...(rest.stopIds ?? []), ...(endOfTextId === undefined ? [] : [endOfTextId])]

  const text = new ContinuationText(tokenizer, promptIds)
  const settled = new StopTexts(stop)
  const tokens = generate(model, promptIds, { ...rest, stopIds })
  try {
    for (;;) {
      const next = await tokens.next()
      if (!next.done) onToken?.(next.value)
      const piece = settled.push(next.done ? text.end() : text.push(next.value.id))
      if (piece) yield piece
      if (settled.found) return 'stop'
      if (next.done) {
        const left = settled.end()
        if (left) yield left
        return next.value
      }
    }
  } finally {
    // Frees the cache when the reader stops early.
    await tokens.return('stop')
  }
}

/**
 * Decodes after a prompt: the prompt goes through the decoder too, because it decides whether the first new token
 * continues its last word, and its text is then left out.
 */
class ContinuationText {
  readonly #stream: ReturnType<TextTokenizer['decodeStream']>
  #toSkip: number

  constructor(tokenizer: TextTokenizer, promptIds: number[]) {
    const alone = tokenizer.decodeStream()
    this.#toSkip = promptIds.reduce((length, id) => length + alone.push(id).length, 0) + alone.end().length
    this.#stream = tokenizer.decodeStream()
    for (const id of promptIds) this.#skip(this.#stream.push(id))
  }

  push(id: number): string {
    return this.#skip(this.#stream.push(id))
  }

  end(): string {
    return this.#skip(this.#stream.end())
  }

  #skip(text: string): string {
    const skipped = Math.min(this.#toSkip, text.length)
    this.#toSkip -= skipped
    return text.slice(skipped)
  }
}

/** Lets text through until a stop text begins, holding back what may become one. */
class StopTexts {
  readonly #stops: string[]
  #held = ''
  found = false

  constructor(stops: string[]) {
    this.#stops = stops
  }

  push(text: string): string {
    this.#held += text
    // The one that is complete first counts, so that it does not matter how the text is cut into pieces.
    const first = this.#stops
      .map(stop => ({ start: this.#held.indexOf(stop), length: stop.length }))
      .filter(({ start }) => start !== -1)
      .sort((a, b) => a.start + a.length - b.start - b.length || a.start - b.start)[0]
    if (first) {
      this.found = true
      return this.#held.slice(0, first.start)
    }
    return this.#release(this.#held.length - this.#openEnd())
  }

  end(): string {
    return this.#release(this.#held.length)
  }

  #release(length: number): string {
    const text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    return text
  }

  /** Length of the longest end of the held text that is the beginning of a stop text. */
  #openEnd(): number {
    const most = Math.min(this.#held.length, Math.max(0, ...this.#stops.map(stop => stop.length - 1)))
    for (let length = most; length > 0; length--) {
      const end = this.#held.slice(-length)
      if (this.#stops.some(stop => stop.startsWith(end))) return length
    }
    return 0
  }
}
