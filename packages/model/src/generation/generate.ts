import { Random } from '@tinystories/utils/random'
import type { GptConfig } from '../config.ts'
import { GenerationError } from '../errors/index.ts'
import type { GptModel } from '../parameters.ts'
import { checkSampling, type SampledToken, type SamplingOptions } from './sample-token.ts'
import { TfjsGenerator } from './tfjs-generator.ts'
import type { GenerationEngine, Sequence, TokenGenerator } from './token-generator.ts'

/** Options of {@link generate}. */
export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to generate. Default 200. */
  maxTokens?: number
  /** Tokens that end the text; they are not part of it. Default: none. */
  stopIds?: Iterable<number>
  /** Makes sampling repeatable, on every backend. Default: another one each time. */
  seed?: number
  /** Ends generation between two tokens, with the signal's reason as the error. */
  signal?: AbortSignal
  /**
   * `false` reads the whole text again for each token: slower, and the same text. Default true. The WASM engine always
   * has a cache.
   */
  cache?: boolean
}

/** Why a text ended: at a stop token, or at `maxTokens`. */
export type FinishReason = 'stop' | 'length'

/** A text that {@link generateBatch} generated, without its prompt. */
export interface Completion {
  ids: number[]
  /** For each id; see {@link SampledToken}. */
  logProbabilities: number[]
  finishReason: FinishReason
}

/** What can generate: a model on the tfjs backend in force, or one that `createWasmModel` made. */
export type GenerationModel = GptModel | GenerationEngine

/**
 * Continues a prompt, token by token. Keys and values of earlier tokens are kept, so that a token costs one column and
 * not the whole text.
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
    const { row: _, finishReason: __, ...token } = event
    yield token
  }
  // Not reached: every text ends with a reason.
  return 'length'
}

/**
 * Continues many prompts together, of any lengths. Prompt `i` is continued as {@link generate} would with the
 * seed `seed + i`, so that equal prompts get different stories.
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

interface Row extends Sequence {
  row: number
  generated: number
  done: boolean
}

interface Limits {
  maxTokens: number
  stopIds: ReadonlySet<number>
  signal: AbortSignal | undefined
}

async function* generateEvents(
  model: GenerationModel,
  prompts: ArrayLike<number>[],
  options: GenerateOptions,
): AsyncGenerator<GenerationEvent, void, void> {
  const { maxTokens = 200, signal } = options
  checkSampling(options)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    const allowed = 'a whole number of at least 0'
    throw new GenerationError('invalid-option', { option: 'maxTokens', value: maxTokens, allowed })
  }
  for (const [i, prompt] of prompts.entries()) {
    checkPrompt(model.config, prompt, prompts.length > 1 ? i : undefined)
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  const rows = prompts.map(
    (prompt, row): Row => ({
      tokens: Array.from(prompt),
      start: 0,
      row,
      random: new Random(seed + row),
      generated: 0,
      done: false,
    }),
  )
  if (maxTokens === 0) {
    for (const { row } of rows) yield { row, finishReason: 'length' }
    return
  }
  const limits: Limits = { maxTokens, stopIds: new Set(options.stopIds), signal }
  if (!('start' in model)) {
    yield* runGenerator(new TfjsGenerator(model, rows, options), limits)
    return
  }
  for (let from = 0; from < rows.length; from += model.maxRows) {
    const part = rows.slice(from, from + model.maxRows)
    yield* runGenerator(model.start(part, { ...options, maxTokens }), limits)
  }
}

/** Milliseconds after which timers and input events get their turn. */
const LONGEST_HOLD = 20

async function* runGenerator(
  generator: TokenGenerator<Row>,
  { maxTokens, stopIds, signal }: Limits,
): AsyncGenerator<GenerationEvent, void, void> {
  let lastPause = performance.now()
  try {
    while (generator.sequences.length > 0) {
      signal?.throwIfAborted()
      // Engines compute in this thread and never yield it by themselves.
      if (performance.now() - lastPause > LONGEST_HOLD) {
        await yieldToEventLoop()
        signal?.throwIfAborted()
        lastPause = performance.now()
      }
      const next = await generator.next()
      for (const [i, sequence] of generator.sequences.entries()) {
        for (const token of next[i]!) {
          const { row } = sequence
          if (stopIds.has(token.id)) {
            sequence.done = true
            yield { row, finishReason: 'stop' }
            break
          }
          // One call may have brought many tokens: an abort between two of them still counts.
          signal?.throwIfAborted()
          sequence.tokens.push(token.id)
          sequence.generated++
          yield { row, ...token }
          if (sequence.generated === maxTokens) {
            sequence.done = true
            yield { row, finishReason: 'length' }
            break
          }
        }
      }
      generator.keep(({ done }) => !done)
    }
  } finally {
    generator.dispose()
  }
}

function yieldToEventLoop(): Promise<void> {
  // Timers take a millisecond or more.
  return new Promise(resolve =>
    typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve),
  )
}

/** @throws GenerationError where a model cannot continue this prompt */
export function checkPrompt(
  { vocabSize, contextLength }: GptConfig,
  prompt: ArrayLike<number>,
  index: number | undefined,
): void {
  const place = index === undefined ? {} : { prompt: index }
  const { length } = prompt
  if (length === 0) throw new GenerationError('empty-prompt', place)
  if (length > contextLength)
    throw new GenerationError('prompt-too-long', { ...place, length, contextLength })
  for (let position = 0; position < length; position++) {
    const id = prompt[position]!
    if (!Number.isSafeInteger(id) || id < 0 || id >= vocabSize) {
      throw new GenerationError('unknown-token', { ...place, id, position, vocabSize })
    }
  }
}
