import { countWords } from '@tinystories/utils/text'
import type { Completion } from '../completions/completion.ts'
import { truncateAtRepeat } from '../completions/truncate-at-repeat.ts'
import { type AnswerPrompt, checkAnswer, type PromptKind } from './answer-prompts.ts'
import { checkInstruction } from './check-instruction.ts'
import { type CorpusOverlap, corpusOverlap } from './corpus-overlap.ts'
import { kGrams, nearestAmong, rougeF, rougePrecision } from './rouge.ts'

/** A mean with the shares of values in ten equal parts of 0 .. 1. */
export interface ShareSummary {
  mean: number
  /** Values in [0, 0.1), [0.1, 0.2), … [0.9, 1]. */
  histogram: number[]
}

/** Answers of one kind of prompt. */
export interface AnswerSummary {
  right: number
  wrong: number
  unknown: number
}

/** What a program says about completions, without a judge. */
export interface MeasuresSummary {
  completions: number
  meanWords: number
  /** Share of completions in which a 4-gram comes again. */
  repeating: number
  /** R_2p(completion, original continuation), where that is known. */
  originalPrecision?: ShareSummary
  /** R_2(completion, original continuation). */
  originalF?: ShareSummary
  /** For each completion the highest R_2 with any other. */
  among?: ShareSummary
  /** For each completion the highest R_2p(completion, story) over the training set. */
  corpusPrecision?: ShareSummary
  corpusStories?: number
  frequencies?: CorpusOverlap['frequencies']
  /** Shares of the words asked for that are used, of the sentences that are there, and of stories with all of it. */
  instruction?: { words: number; sentences: number; all: number; stories: number }
  answers?: Partial<Record<PromptKind, AnswerSummary>>
}

/**
 * The paper's measures that need no judge (its section 4: diversity and memorization; instructions; answers).
 *
 * @param corpus the training set's stories; read once
 * @param answers prompts with answers, each with what the model wrote
 */
export async function measureCompletions(
  completions: readonly Completion[],
  {
    corpus,
    answers,
    signal,
    onProgress,
  }: {
    corpus?: Iterable<string> | AsyncIterable<string>
    answers?: readonly { prompt: AnswerPrompt; completion: string }[]
    signal?: AbortSignal
    onProgress?: (stories: number) => void
  } = {},
): Promise<MeasuresSummary> {
  const texts = completions.map(({ text }) => text)
  const overlap =
    corpus &&
    (await corpusOverlap(texts, corpus, {
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    }))
  const originals = completions.filter(({ reference }) => reference !== undefined)
  const pairs = originals.map(({ text, reference }) => [kGrams(text, 2), kGrams(reference!, 2)] as const)
  return {
    completions: completions.length,
    meanWords: mean(texts.map(countWords)),
    repeating: mean(texts.map(text => (truncateAtRepeat(text) === text ? 0 : 1))),
    ...(pairs.length > 0
      ? {
          originalPrecision: shares(pairs.map(([text, original]) => rougePrecision(text, original))),
          originalF: shares(pairs.map(([text, original]) => rougeF(text, original))),
        }
      : {}),
    ...(texts.length > 1 ? { among: shares(nearestAmong(texts)) } : {}),
    ...(overlap
      ? {
          corpusPrecision: shares(overlap.nearest.map(({ precision }) => precision)),
          corpusStories: overlap.stories,
          frequencies: overlap.frequencies,
        }
      : {}),
    ...instructionsOf(completions),
    ...(answers ? { answers: countAnswers(answers) } : {}),
  }
}

function instructionsOf(completions: readonly Completion[]): Pick<MeasuresSummary, 'instruction'> {
  const checks = completions
    .filter(({ instruction }) => instruction?.words?.length || instruction?.sentence !== undefined)
    .map(({ instruction, prompt, text }) => checkInstruction(instruction!, `${prompt}${text}`))
  if (checks.length === 0) return {}
  const flag = (value: boolean): number => (value ? 1 : 0)
  return {
    instruction: {
      words: mean(checks.flatMap(({ words }) => Object.values(words).map(flag))),
      sentences: mean(checks.flatMap(({ sentence }) => (sentence === undefined ? [] : [flag(sentence)]))),
      all: mean(checks.map(({ all }) => flag(all))),
      stories: checks.length,
    },
  }
}

function countAnswers(
  answers: readonly { prompt: AnswerPrompt; completion: string }[],
): Partial<Record<PromptKind, AnswerSummary>> {
  const counts: Partial<Record<PromptKind, AnswerSummary>> = {}
  for (const { prompt, completion } of answers) {
    counts[prompt.kind] ??= { right: 0, wrong: 0, unknown: 0 }
    counts[prompt.kind]![checkAnswer(prompt, completion)]++
  }
  return counts
}

function shares(values: readonly number[]): ShareSummary {
  const known = values.filter(value => !Number.isNaN(value))
  const histogram = Array.from({ length: 10 }, () => 0)
  for (const value of known) histogram[Math.min(9, Math.floor(value * 10))]!++
  return { mean: mean(known), histogram }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
