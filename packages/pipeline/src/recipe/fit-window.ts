import { PipelineError } from '../errors.ts'
import type { StoryLengths } from './measure-stories.ts'

/** Options of {@link fitWindow}. */
export interface FitWindowOptions {
  /** Tokens of a window at most: the context of the model. */
  limit: number
  /** Tokens of a window. Default: as many as the longest story and its end have, at most `limit`. */
  contextLength?: number | undefined
  /** Windows of a batch. */
  batchSize: number
  /** Whether the stories have instructions: those are never cut. Default false. */
  prompts?: boolean
  /** Leaves stories out that do not fit with their instruction. Default false: they are an error. */
  dropLong?: boolean
}

/**
 * The window of a run, and how many stories with their instructions do not fit into it: an answer that is cut teaches to
 * stop anywhere.
 *
 * @throws PipelineError `context-too-long`, `answer-too-long`, `too-little-text`
 */
export function fitWindow(
  { stories, tokens: all, longest, each }: StoryLengths,
  { limit, contextLength: asked, batchSize, prompts = false, dropLong = false }: FitWindowOptions,
): { contextLength: number; dropped: number } {
  // A window longer than any story would always hold several, which have nothing to do with each other.
  if (asked !== undefined && asked > longest + 1)
    throw new PipelineError('context-too-long', { contextLength: asked, longest })
  const contextLength = asked ?? Math.min(limit, longest + 1)
  const fitting = prompts ? each.filter(length => length < contextLength) : each
  const dropped = each.length - fitting.length
  if (dropped > 0 && !dropLong)
    throw new PipelineError('answer-too-long', {
      contextLength,
      tokens: longest + 1,
      stories: dropped,
      of: stories,
    })
  const tokens = dropped === 0 ? all : fitting.reduce((sum, length) => sum + length, 0)
  if (tokens < contextLength * batchSize)
    throw new PipelineError('too-little-text', { tokens, contextLength, batchSize, dropped })
  return { contextLength, dropped }
}
