import { randomInt } from 'node:crypto'
import type { InstructTemplate } from '@tinystories/dataset/instruct'
import type { SamplingOptions } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'
import { samplingDefaults } from '../recipe/write-story.ts'
import { ApiError } from './api-error.ts'
import { chatPrompt } from './chat-prompt.ts'
import {
  type CommonBody,
  type CompletionBody,
  parseChatBody,
  parseCompletionBody,
} from './request-schemas.ts'
import type { Choice } from './write-choice.ts'

/** A request that was read and understood. */
export interface TextRequest {
  kind: 'completion' | 'chat'
  choices: Choice[]
  /** Tokens of all prompts, each counted once. */
  promptTokens: number
  stream: boolean
  /** The last event of a stream says how many tokens there were. */
  includeUsage: boolean
}

/** What a request is read for. */
export interface ServedModel {
  name: string
  tokenizer: Tokenizer
  /** The token that stands before a story. Default: the tokenizer's end of text. */
  startId?: number | undefined
  /** Of a model that was trained on instructions. */
  template?: InstructTemplate | undefined
}

/** Reads the body of `POST /v1/completions`. @throws ApiError */
export function readCompletionRequest(body: unknown, served: ServedModel): TextRequest {
  const request = parseCompletionBody(body)
  checkModel(request.model, served)
  const { prompt, logprobs, echo } = request
  const prompts = promptsOf(prompt ?? '').map(given => {
    if (typeof given !== 'string') checkIds(given, served.tokenizer)
    if (typeof given !== 'string') return { ids: given, text: echo ? served.tokenizer.decode(given) : '' }
    return { ids: encodeStory(given, served), text: given }
  })
  return textRequest(request, {
    kind: 'completion',
    prompts,
    // As OpenAI has it.
    maxTokens: request.max_tokens ?? 16,
    logprobs: typeof logprobs === 'number',
    alternatives: logprobs ?? 0,
    echo: echo ?? false,
  })
}

/** Reads the body of `POST /v1/chat/completions`. @throws ApiError */
export function readChatRequest(body: unknown, served: ServedModel): TextRequest {
  const request = parseChatBody(body)
  checkModel(request.model, served)
  if (served.template === undefined)
    throw new ApiError(
      `The model ${served.name} was not trained on instructions, and continues texts only. Use /v1/completions.`,
      { code: 'unsupported_model', param: 'model' },
    )
  const text = chatPrompt(request.messages, served.template)
  const { logprobs, top_logprobs: alternatives } = request
  if (alternatives != null && !logprobs)
    throw new ApiError("Invalid 'top_logprobs': logprobs must be true.", { param: 'top_logprobs' })
  return textRequest(request, {
    kind: 'chat',
    prompts: [{ ids: encodeStory(text, served), text }],
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? samplingDefaults.maxTokens,
    logprobs: logprobs ?? false,
    alternatives: alternatives ?? 0,
    echo: false,
  })
}

interface Particulars {
  kind: TextRequest['kind']
  prompts: { ids: readonly number[]; text: string }[]
  maxTokens: number
  logprobs: boolean
  alternatives: number
  echo: boolean
}

function textRequest(request: CommonBody, particulars: Particulars): TextRequest {
  const { kind, prompts, maxTokens, logprobs, alternatives, echo } = particulars
  const {
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: minP,
    repetition_penalty: repetitionPenalty,
  } = request
  const n = request.n ?? 1
  const seed = request.seed ?? randomInt(2 ** 32)
  const sampling: SamplingOptions = {
    temperature: temperature ?? 1,
    alternatives,
    ...(topP != null && { topP: Math.max(topP, Number.MIN_VALUE) }),
    ...(topK != null && { topK }),
    ...(minP != null && { minP }),
    ...(repetitionPenalty != null && { repetitionPenalty }),
  }
  const stop = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? [])
  const choices = prompts.flatMap(({ ids, text }, prompt) =>
    Array.from({ length: n }, (_, i): Choice => {
      const index = prompt * n + i
      const shared = { index, promptIds: ids, sampling, maxTokens, stop, logprobs }
      // Beyond the largest seed there are no whole numbers one apart.
      const own =
        seed <= Number.MAX_SAFE_INTEGER - index ? seed + index : seed - Number.MAX_SAFE_INTEGER + index
      return { ...shared, seed: own, ...(echo && { echo: text }) }
    }),
  )
  return {
    kind,
    choices,
    promptTokens: prompts.reduce((sum, { ids }) => sum + ids.length, 0),
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
  }
}

function checkModel(name: string, served: ServedModel): void {
  if (name === served.name) return
  throw new ApiError(`The model \`${name}\` does not exist. This server has \`${served.name}\`.`, {
    status: 404,
    code: 'model_not_found',
    param: 'model',
  })
}

function promptsOf(prompt: NonNullable<CompletionBody['prompt']>): (string | number[])[] {
  if (typeof prompt === 'string') return [prompt]
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as (string | number[])[])
}

function checkIds(ids: readonly number[], { vocabSize }: Tokenizer): void {
  const unknown = ids.find(id => id >= vocabSize)
  if (unknown === undefined) return
  const message = `Invalid 'prompt': the vocabulary has ${vocabSize} tokens, and no ${unknown}.`
  throw new ApiError(message, { code: 'invalid_value', param: 'prompt' })
}

/** The tokens of a text after the one that stands before every story of the training. */
function encodeStory(text: string, { tokenizer, startId = tokenizer.endOfTextId }: ServedModel): number[] {
  const begin = startId === undefined ? [] : [startId]
  return [...begin, ...tokenizer.encode(text, { addSpecialTokens: false }).ids]
}
