import type { Completion } from '../completions/completion.ts'
import { type CompletionSource, generateCompletions } from '../completions/generate-completions.ts'
import { GraderError } from '../errors.ts'
import { hashJson } from '../hash.ts'
import type { Judge, JudgeRequest } from '../judge.ts'
import { estimateOffline, offlineJudge, offlineVersion } from '../offline/estimate-offline.ts'
import type { Rubric } from '../rubric/rubric.ts'
import { rubricVersion } from '../rubric/rubric-version.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import type { Grading, GradingRun, Judgment } from './grading.ts'
import { isFinalFailure } from './is-final-failure.ts'
import { createMemoryJournal, type Journal } from './journal.ts'
import { judgeCompletion } from './judge-completion.ts'

/** How far a run is. */
export interface GradingProgress {
  /** Gradings that have ended, those of the journal among them. */
  done: number
  /** Undefined while the completions still come from a stream of unknown length. */
  total: number | undefined
  graded: number
  partial: number
  ungraded: number
  /** Gradings that the journal held already. */
  resumed: number
  /** US dollars of all gradings so far, earlier ones included. */
  cost: number
  /** False when the price of some is not known, so that `cost` is too low. */
  costKnown: boolean
  /** Estimated from the pace so far; undefined while there is none. */
  secondsLeft: number | undefined
}

/** Options of {@link grade}. */
export interface GradeOptions {
  /** `'offline'`: no judge, but an estimate of some criteria from the text alone. See the README for its validity. */
  judge: Judge | 'offline'
  /** Default: `storyRubric`. */
  rubric?: Rubric
  /** What wrote the completions, for reports. Default `model`. */
  name?: string
  /** Completions of each prompt that count, from the first. Default 10 for a source, all for a list. */
  trials?: number
  /** How often each completion is judged, to see whether the judge agrees with itself. Default 1. */
  regrades?: number
  /** Gradings in flight. Default 16. */
  concurrency?: number
  /** Of the judge. Default 0; wants to be above 0 with `regrades`. */
  temperature?: number
  /** Tokens that one reply of the judge may have. Default 600. */
  maxTokens?: number
  /** How much a reasoning model thinks. Default: as the server has it. */
  reasoning?: JudgeRequest['reasoning']
  /** Judgments that are there already and shall be kept. Default: in memory. */
  journal?: Journal
  /** So many failures of the judge in a row end the run. Default 10. */
  maxFailures?: number
  signal?: AbortSignal
  onProgress?: (progress: GradingProgress) => void
  /** Called with each grading as it ends. */
  onGrading?: (grading: Grading) => void
}

/**
 * Has completions judged, each exactly once: what the journal holds is not asked again, and completions with the
 * same words after the same prompt share one judgment.
 *
 * @param completions a list or stream, or a source `{ prompts, generate }` that writes them now
 * @returns the gradings in the order of the completions
 * @throws the judge's error when no further call can succeed (key, model, budget, credit), GraderError `judge-failed`
 * after `maxFailures` failures in a row, GraderError of the journal, the signal's reason after an abort. What was graded is in the journal.
 */
export async function grade(
  completions: Iterable<Completion> | AsyncIterable<Completion> | CompletionSource,
  options: GradeOptions,
): Promise<GradingRun> {
  const { judge, rubric = storyRubric, name = 'model', regrades = 1, concurrency = 16, signal } = options
  const journal = options.journal ?? createMemoryJournal()
  for (const [option, value] of Object.entries({ regrades, concurrency, trials: options.trials ?? 1 })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new GraderError('invalid-option', { option, value, expected: 'a whole number of at least 1' })
  }
  const { stream, total } = streamOf(completions, options)
  if (judge === 'offline') return estimateAll(stream, options)
  const version = rubricVersion(rubric)
  const account = newAccount(total === undefined ? undefined : total * regrades)
  const gradings: Grading[] = []
  const shared = new Map<string, Promise<Judgment>>()
  const stop = new AbortController()
  const anyStop = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  let failuresInARow = 0

  const judgmentOf = (completion: Completion, regrade: number): Asked => {
    const { prompt, text, instruction } = completion
    const settings = {
      temperature: options.temperature ?? 0,
      maxTokens: options.maxTokens ?? 600,
      ...(options.reasoning && { reasoning: options.reasoning }),
    }
    const who = { judge: judge.model, server: judge.server }
    const key = hashJson({ version, ...who, ...settings, prompt, text, instruction, regrade }, 32)
    const kept = journal.get(key)
    if (kept) return { key, judgment: Promise.resolve(kept), resumed: true }
    const known = shared.get(key)
    if (known) return { key, judgment: known, resumed: false }
    const asked = judgeCompletion(completion, { judge, rubric, regrade, ...settings, signal: anyStop }).then(
      async judgment => {
        await journal.append(key, judgment).catch(error => {
          // Without a journal, what is paid for would be lost: the run ends, whatever the error is.
          stop.abort(error)
          throw error
        })
        return judgment
      },
    )
    // Once in the journal it is found there; a failure may be tried again by the next of the same words.
    const settled = asked.finally(() => shared.delete(key))
    settled.catch(() => {})
    shared.set(key, asked)
    return { key, judgment: asked, resumed: false }
  }

  const gradeOne = async (at: number, completion: Completion, regrade: number): Promise<void> => {
    let grading: Grading
    const asked = judgmentOf(completion, regrade)
    try {
      const judgment = await asked.judgment
      grading = { completion, regrade, status: statusOf(judgment), judgment }
      failuresInARow = 0
    } catch (error) {
      if (anyStop.aborted) throw anyStop.reason
      if (isFinalFailure(error)) throw error
      const problem = error instanceof Error ? error.message : String(error)
      grading = { completion, regrade, status: 'ungraded', failure: problem }
      failuresInARow++
      if (failuresInARow >= (options.maxFailures ?? 10))
        throw new GraderError('judge-failed', { failures: failuresInARow, problem }, { cause: error })
    }
    gradings[at] = grading
    account.add(grading, asked)
    options.onGrading?.(grading)
    options.onProgress?.(account.progress())
  }

  const work = tasksOf(stream, regrades)
  const worker = async (): Promise<void> => {
    for (;;) {
      anyStop.throwIfAborted()
      const next = await work.next()
      if (next.done) return
      const { at, completion, regrade } = next.value
      await gradeOne(at, completion, regrade)
    }
  }
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch(error => {
      if (!stop.signal.aborted) stop.abort(error)
      throw error
    }),
  )
  const ended = await Promise.allSettled(workers)
  if (signal?.aborted) throw signal.reason
  if (ended.some(({ status }) => status === 'rejected')) throw stop.signal.reason
  return { name, judge: judge.model, rubric, rubricVersion: version, gradings }
}

async function estimateAll(
  stream: AsyncIterable<Completion>,
  { rubric = storyRubric, name = 'model', onGrading }: GradeOptions,
): Promise<GradingRun> {
  const gradings: Grading[] = []
  for await (const completion of stream) {
    const grading = estimateOffline(completion, rubric)
    gradings.push(grading)
    onGrading?.(grading)
  }
  return { name, judge: offlineJudge, rubric, rubricVersion: offlineVersion(), gradings }
}

function statusOf({ scores, problems }: Judgment): Grading['status'] {
  if (Object.keys(problems).length === 0) return 'graded'
  return Object.keys(scores).length > 0 ? 'partial' : 'ungraded'
}

interface Task {
  at: number
  completion: Completion
  regrade: number
}

/** One generator that all workers pull from; concurrent calls of next() wait for each other. */
async function* tasksOf(stream: AsyncIterable<Completion>, regrades: number): AsyncGenerator<Task> {
  let at = 0
  for await (const completion of stream) {
    for (let regrade = 0; regrade < regrades; regrade++) yield { at: at++, completion, regrade }
  }
}

function streamOf(
  completions: Iterable<Completion> | AsyncIterable<Completion> | CompletionSource,
  { trials, signal }: GradeOptions,
): { stream: AsyncIterable<Completion>; total: number | undefined } {
  if ('generate' in completions) {
    const perPrompt = trials ?? 10
    return {
      stream: generateCompletions(completions, { trials: perPrompt, ...(signal ? { signal } : {}) }),
      total: completions.prompts.length * perPrompt,
    }
  }
  const wanted = (completion: Completion): boolean => trials === undefined || completion.trial < trials
  const total = Array.isArray(completions) ? completions.filter(wanted).length : undefined
  return {
    stream: (async function* () {
      for await (const completion of completions) if (wanted(completion)) yield completion
    })(),
    total,
  }
}

interface Asked {
  key: string
  judgment: Promise<Judgment>
  /** Whether it was there before. */
  resumed: boolean
}

interface Account {
  add(grading: Grading, asked: Asked): void
  progress(): GradingProgress
}

function newAccount(total: number | undefined): Account {
  const started = performance.now()
  const count = { graded: 0, partial: 0, ungraded: 0 }
  let resumed = 0
  let cost = 0
  let costKnown = true
  const paid = new Set<string>()
  return {
    add({ status, judgment }, asked) {
      count[status]++
      if (asked.resumed) resumed++
      // Completions of the same words share one judgment, and its cost.
      if (!judgment || paid.has(asked.key)) return
      paid.add(asked.key)
      cost += judgment.cost ?? 0
      costKnown &&= judgment.cost !== undefined
    },
    progress() {
      const done = count.graded + count.partial + count.ungraded
      const seconds = (performance.now() - started) / 1000
      const pace = done - resumed > 0 ? seconds / (done - resumed) : undefined
      const secondsLeft = pace === undefined || total === undefined ? undefined : pace * (total - done)
      return { done, total, ...count, resumed, cost, costKnown, secondsLeft }
    },
  }
}
