import type { Story, StoryStream, TokenizedStory, TokenizeOptions } from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { BatchStream, EvaluationSet, TokenBatch } from '@tinystories/trainer'
import { PipelineError } from '../errors.ts'

/** A story as text, or as tokens where token shards are read. */
export type TextOrTokens = Story | TokenizedStory

/** Stories buffered to shuffle them: about 10 MB of text. */
const shuffleBuffer = 10_000

/** Shape of the batches that stories are packed into. */
export interface BatchShape {
  tokenizer: Tokenizer
  /** Tokens in a window. */
  contextLength: number
  /** Windows in a batch. */
  batchSize: number
  /** Whether the stories have prompts that stand before them. Those do not count in an evaluation. Default false. */
  prompts?: boolean | undefined
}

/** Options of {@link trainingBatches}. */
export interface TrainingBatchesOptions extends BatchShape {
  seed: number
  /** What targets of prompts count in the loss, from 0 (default) to 1. */
  promptLossWeight?: number | undefined
}

/**
 * The endless batches of a run, in an order that its seed decides; their state can be saved and restored. Stories with
 * prompts are never cut: each row holds as many as it has room for, and those that do not fit into any are left out. (What a
 * story is asked for may change with the epoch, so that one fits in some epochs alone.)
 *
 * @throws PipelineError `no-end-of-text-token`
 */
export function trainingBatches(
  stories: StoryStream<TextOrTokens>,
  { tokenizer, contextLength, batchSize, seed, prompts, promptLossWeight = 0 }: TrainingBatchesOptions,
): BatchStream {
  const tokens = stories
    .shuffle({ seed, bufferSize: shuffleBuffer })
    .repeat()
    .tokenize(tokenizer, tokenizeOptions(tokenizer, prompts))
  const fitting = prompts ? tokens.filter(({ ids }) => ids.length < contextLength) : tokens
  return fitting
    .pack({ contextLength, by: prompts ? 'whole' : 'stream', promptLossWeight })
    .batch(batchSize)
    .prefetch(4) as BatchStream
}

function tokenizeOptions(tokenizer: Tokenizer, prompts: boolean | undefined): TokenizeOptions {
  return { eos: endOfText(tokenizer), ...(prompts && { prompts: ({ prompt }: Story) => prompt }) }
}

/** Options of {@link evaluationSet}. */
export interface EvaluationSetOptions extends BatchShape {
  /** Evaluate on a fixed random sample of this many stories. Default: all, in their order. */
  sampleSize?: number | undefined
  /** Id of the token that ends a story. Default: the tokenizer's. */
  endId?: number | undefined
  /** Id of the token that a story begins with. Default: the one that ends it. */
  startId?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * Held-out stories as fixed windows: each story starts a row, and longer ones continue in further rows that overlap
 * by half a context.
 *
 * @throws PipelineError `no-held-out-story`, `no-end-of-text-token`
 */
export async function evaluationSet(
  stories: StoryStream<TextOrTokens>,
  {
    tokenizer,
    contextLength,
    batchSize,
    prompts,
    sampleSize,
    endId = endOfText(tokenizer),
    startId = endId,
    signal,
  }: EvaluationSetOptions,
): Promise<EvaluationSet> {
  // From all over the set: files are often ordered by source, and sources are not equally hard.
  const chosen =
    sampleSize === undefined
      ? stories
      : stories.shuffle({ seed: 0, bufferSize: shuffleBuffer }).take(sampleSize)
  const windows = chosen
    .tokenize(tokenizer, { ...tokenizeOptions(tokenizer, prompts), eos: endId })
    .pack({ contextLength, by: 'story' })
    .batch(batchSize, { pad: true })
    .iterate(signal === undefined ? {} : { signal })
  const batches: TokenBatch[] = []
  let bytes = 0
  for await (const batch of windows) {
    // A row that goes on with a story begins with a token of it.
    for (let at = 0; at < batch.inputs.length; at += contextLength)
      if (batch.inputs[at] === endId) batch.inputs[at] = startId
    batches.push(batch)
    bytes += batch.bytes
  }
  if (batches.length === 0) throw new PipelineError('no-held-out-story', {})
  return { batches, bytes }
}

/** @throws PipelineError `no-end-of-text-token` when the vocabulary has no token that ends a story */
export function endOfText(tokenizer: Tokenizer): number {
  if (tokenizer.endOfTextId === undefined) throw new PipelineError('no-end-of-text-token', {})
  return tokenizer.endOfTextId
}
