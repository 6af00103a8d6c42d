import { randomUUID } from 'node:crypto'
import type { TextRequest } from './requests.ts'
import type { ChoicePiece, ShownToken } from './write-choice.ts'

/** A choice as far as it is known. */
export interface ChoiceState {
  index: number
  piece: ChoicePiece
  /** Characters of the text before this piece. */
  offset: number
  finishReason: 'stop' | 'length' | null
}

/** Makes the objects of the protocol for one request. */
export class Replies {
  readonly #request: TextRequest
  readonly #head: { id: string; created: number; model: string }

  constructor(request: TextRequest, model: string) {
    this.#request = request
    const id = `${request.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`
    this.#head = { id, created: Math.floor(Date.now() / 1000), model }
  }

  /** The whole answer. */
  whole(choices: readonly ChoiceState[], completionTokens: number): object {
    const object = this.#request.kind === 'chat' ? 'chat.completion' : 'text_completion'
    const shown = choices.map(choice => this.#choice(choice, content => ({ message: content })))
    return { ...this.#head, object, choices: shown, usage: this.#usage(completionTokens) }
  }

  /** One event of a stream. */
  chunk(choice: ChoiceState): object {
    return this.#chunk([this.#choice(choice, content => ({ delta: content }))], null)
  }

  /** The last event of a stream, where it was asked for. */
  usageChunk(completionTokens: number): object {
    return this.#chunk([], this.#usage(completionTokens))
  }

  #chunk(choices: object[], usage: object | null): object {
    const object = this.#request.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'
    return { ...this.#head, object, choices, ...(this.#request.includeUsage && { usage }) }
  }

  #choice(
    { index, piece, offset, finishReason }: ChoiceState,
    asContent: (content: object) => object,
  ): object {
    const end = { finish_reason: finishReason }
    const logprobs = this.#request.choices[index]!.logprobs
    if (this.#request.kind === 'completion')
      return {
        index,
        text: piece.text,
        logprobs: logprobs ? listLogprobs(piece.tokens, offset) : null,
        ...end,
      }
    const content = { role: 'assistant', content: piece.text, refusal: null }
    return {
      index,
      ...asContent(content),
      logprobs: logprobs ? { content: piece.tokens.map(chatLogprob), refusal: null } : null,
      ...end,
    }
  }

  #usage(completionTokens: number): object {
    const { promptTokens } = this.#request
    return {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    }
  }
}

function listLogprobs(tokens: readonly ShownToken[], offset: number): object {
  let end = offset
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logProbability }) => logProbability),
    top_logprobs: tokens.map(({ alternatives }) =>
      alternatives.length === 0
        ? null
        : Object.fromEntries(alternatives.map(({ text, logProbability }) => [text, logProbability])),
    ),
    text_offset: tokens.map(({ text }) => {
      end += text.length
      return end - text.length
    }),
  }
}

const bytes = new TextEncoder()

function chatLogprob({ text, logProbability, alternatives }: ShownToken): object {
  const entry = (token: string, logprob: number | null): object => ({
    token,
    logprob,
    bytes: [...bytes.encode(token)],
  })
  return {
    ...entry(text, logProbability),
    top_logprobs: alternatives.map(other => entry(other.text, other.logProbability)),
  }
}
