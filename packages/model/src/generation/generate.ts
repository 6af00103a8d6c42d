import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors.ts'
import type { GptModel } from '../parameters.ts'
import { Random } from '../random.ts'
import { checkSampling, type SampledToken, type SamplingOptions } from './sample-token.ts'
import { TfjsGenerator } from './tfjs-generator.ts'
import type { GenerationEngine, SampledSequence, TokenGenerator } from './token-generator.ts'

/** Options of {@link generate}. */
export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to write. Default 200. */
  maxTokens?: number
  /** Tokens that end the text; they are not part of it. Default: none. */
  stopIds?: Iterable<number>
  /** Makes sampling repeatable, on every backend. Default: another one each time. */
  seed?: number
  /** Ends the writing between two tokens, with the signal's reason as the error. */
  signal?: AbortSignal
  /**
   * `false` reads the whole text again for each token: slower, and the same text. Default true. A model of the WASM
   * engine always has a cache.
   */
  cache?: boolean
}

/** Why a text ended: at a stop token, or at `maxTokens`. */
export type FinishReason = 'stop' | 'length'

/** A text that {@link generateBatch} wrote, without its prompt. */
export interface Completion {
  ids: number[]
  /** For each id; see {@link SampledToken}. */
  logProbabilities: number[]
  finishReason: FinishReason
}

/** What can write: a model on the tfjs backend in force, or one that `createWasmModel` made. */
export type GenerationModel = GptModel | GenerationEngine

/**
 * Goes on from a prompt, token by token. Keys and values of earlier tokens are kept,
 * so that a token costs one column and not the whole text.
 *
 * A text may grow past the context: each time the context is full, its older half is forgotten and the newer
 * half is read again from position 0.
 *
 * @returns a generator of tokens, which returns why it ended
 * @throws GenerationError for an empty prompt, one longer than the context, ids outside the vocabulary, or an
 *   option out of range
 */
export async function* generate(
  model: GenerationModel,
  promptIds: ArrayLike<number>,
  options: GenerateOptions = {},
): AsyncGenerator<SampledToken, FinishReason, void> {
  for await (const event of generateEvents(model, [promptIds], options)) {
    if (event.finishReason) return event.finishReason
    yield { id: event.id, logProbability: event.logProbability }
  }
  // Unreachable while every sequence ends with a reason.
  throw new GenerationError('The text ended without a reason.')
}

/**
 * Goes on from many prompts at once, of any lengths. Prompt `i` is continued as {@link generate} would with the
 * seed `seed + i`, so that equal prompts get unlike stories.
 *
 * @throws GenerationError as {@link generate} does, naming the prompt
 */
export async function generateBatch(
  model: GenerationModel,
  prompts: ArrayLike<number>[],
  options: GenerateOptions = {},
): Promise<Completion[]> {
  const completions = prompts.map(
    (): Completion => ({ ids: [], logProbabilities: [], finishReason: 'length' }),
  )
  for await (const event of generateEvents(model, prompts, options)) {
    const completion = completions[event.row]!
    if (event.finishReason) completion.finishReason = event.finishReason
    else {
      completion.ids.push(event.id)
      completion.logProbabilities.push(event.logProbability)
    }
  }
  return completions
}

type GenerationEvent = { row: number } & (
  | { finishReason: FinishReason }
  | ({ finishReason?: undefined } & SampledToken)
)

interface Writing extends SampledSequence {
  row: number
  written: number
  done: boolean
}

async function* generateEvents(
  model: GenerationModel,
  prompts: ArrayLike<number>[],
  options: GenerateOptions,
): AsyncGenerator<GenerationEvent, void, void> {
  const { maxTokens = 200 } = options
  checkSampling(options)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    throw new GenerationError(`maxTokens must be a whole number of at least 0, got ${maxTokens}.`)
  }
  for (const [i, prompt] of prompts.entries()) {
    checkPrompt(model.config, prompt, prompts.length > 1 ? ` ${i}` : '')
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const writings = prompts.map(
    (prompt, row): Writing => ({
      tokens: Array.from(prompt),
      start: 0,
      row,
      random: new Random(seed + row),
      written: 0,
      done: false,
    }),
  )
  if (maxTokens === 0) {
    for (const { row } of writings) yield { row, finishReason: 'length' }
    return
  }
  const settings = { ...options, maxTokens, stopIds: new Set(options.stopIds) }
  if (!('writer' in model)) {
    yield* runGenerator(new TfjsGenerator(model, writings, options), { ...settings, blocks: true })
    return
  }
  for (let from = 0; from < writings.length; from += model.maxRows) {
    const some = writings.slice(from, from + model.maxRows)
    yield* runGenerator(model.writer(some, settings), { ...settings, blocks: model.blocks })
  }
}

async function* runGenerator(
  writer: TokenGenerator<Writing>,
  {
    maxTokens,
    stopIds,
    signal,
    blocks,
  }: GenerateOptions & { maxTokens: number; stopIds: ReadonlySet<number>; blocks: boolean },
): AsyncGenerator<GenerationEvent, void, void> {
  let lastPause = performance.now()
  try {
    while (writer.sequences.length > 0) {
      signal?.throwIfAborted()
      // What computes in this thread never lets go of it by itself: let timers and clicks have their turn.
      if (blocks && performance.now() - lastPause > 20) {
        await yieldToEventLoop()
        signal?.throwIfAborted()
        lastPause = performance.now()
      }
      const next = await writer.next()
      for (const [i, writing] of writer.sequences.entries()) {
        for (const token of next[i]!) {
          const { row } = writing
          if (stopIds.has(token.id)) {
            writing.done = true
            yield { row, finishReason: 'stop' }
            break
          }
          // One call may have brought many tokens: an abort between two of them still counts.
          signal?.throwIfAborted()
          writing.tokens.push(token.id)
          writing.written++
          yield { row, ...token }
          if (writing.written === maxTokens) {
            writing.done = true
            yield { row, finishReason: 'length' }
            break
          }
        }
      }
      writer.keep(({ done }) => !done)
    }
  } finally {
    writer.dispose()
  }
}

/** Lets what waits for the thread go first. */
function yieldToEventLoop(): Promise<void> {
  // Timers take a millisecond or more.
  return new Promise(resolve =>
    typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve),
  )
}

function checkPrompt(
  { vocabSize, contextLength }: GptConfig,
  prompt: ArrayLike<number>,
  which: string,
): void {
  if (prompt.length === 0) {
    throw new GenerationError(
      `Prompt${which} is empty. Give at least one token, such as the end-of-text one.`,
    )
  }
  if (prompt.length > contextLength) {
    throw new GenerationError(
      `Prompt${which} has ${prompt.length} tokens, but the context holds ${contextLength}. ` +
        `Give its last ${contextLength} at most.`,
    )
  }
  for (let i = 0; i < prompt.length; i++) {
    const id = prompt[i]!
    if (!Number.isSafeInteger(id) || id < 0 || id >= vocabSize) {
      throw new GenerationError(
        `Prompt${which} holds ${id} at ${i}; ids go from 0 to ${vocabSize - 1}. Is it the model's own tokenizer?`,
      )
    }
  }
}
