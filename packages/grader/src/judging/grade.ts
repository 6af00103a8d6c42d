import type { Completion } from '../completions/completion.ts'
import { type CompletionSource, generateCompletions } from '../completions/generate-completions.ts'
import { GraderInputError, JudgeFailedError } from '../errors.ts'
import { hashJson } from '../hash.ts'
import type { Judge } from '../judge.ts'
import type { Rubric } from '../rubric/rubric.ts'
import { rubricVersion } from '../rubric/rubric-version.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import type { Grading, Judgement } from './grading.ts'
import { type Journal, memoryJournal } from './journal.ts'
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
  judge: Judge
  /** Default: `storyRubric`. */
  rubric?: Rubric
  /** What wrote the completions, for reports. Default `model`. */
  name?: string
  /** Completions of each beginning that count, from the first. Default 10 for a source, all for a list. */
  trials?: number
  /** How often each completion is judged, to see whether the judge agrees with itself. Default 1. */
  regrades?: number
  /** Gradings under way at once. Default 16. */
  concurrency?: number
  /** Of the judge. Default 0; wants to be above 0 with `regrades`. */
  temperature?: number
  /** Tokens that one reply of the judge may have. Default 600. */
  maxTokens?: number
  /** Judgements that are there already and shall be kept. Default: in memory. */
  journal?: Journal
  /** So many failures of the judge in a row end the run. Default 10. */
  maxFailures?: number
  signal?: AbortSignal
  onProgress?: (progress: GradingProgress) => void
  /** Called with each grading as it ends. */
  onGrading?: (grading: Grading) => void
}

/** All gradings of one model's completions. */
export interface GradingRun {
  name: string
  judge: string
  rubric: Rubric
  /** See `rubricVersion`. */
  rubricVersion: string
  /** In the order of the completions. */
  gradings: Grading[]
}

/** The judge's own failures that no further completion would escape. */
const fatal = new Set([
  'AuthenticationError',
  'UnknownModelError',
  'BudgetExceededError',
  'QuotaExceededError',
  'CacheError',
])

/**
 * Has completions judged, each exactly once: what the journal holds is not asked again, and completions with the
 * same words after the same beginning share one judgement.
 *
 * @param completions a list or stream, or a source `{ beginnings, generate }` that writes them now
 * @returns the gradings in the order of the completions
 * @throws the judge's error when no further call can succeed (key, model, budget), JudgeFailedError after
 * `maxFailures` failures in a row, the signal's reason after an abort. What was graded is in the journal.
 */
export async function grade(
  completions: Iterable<Completion> | AsyncIterable<Completion> | CompletionSource,
  options: GradeOptions,
): Promise<GradingRun> {
  const { judge, rubric = storyRubric, name = 'model', regrades = 1, concurrency = 16, signal } = options
  const journal = options.journal ?? memoryJournal()
  for (const [option, value] of Object.entries({ regrades, concurrency, trials: options.trials ?? 1 })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new GraderInputError({
        source: `option ${option}`,
        problem: `${value} is not a whole number above 0`,
        remedy: 'Give 1 or more',
      })
  }
  const { stream, total } = streamOf(completions, options)
  const version = rubricVersion(rubric)
  const account = newAccount(total === undefined ? undefined : total * regrades)
  const gradings: Grading[] = []
  const shared = new Map<string, Promise<Judgement>>()
  const stop = new AbortController()
  const anyStop = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  let failuresInARow = 0

  const judgementOf = (completion: Completion, regrade: number): Asked => {
    const { beginning, text, instruction } = completion
    const settings = { temperature: options.temperature ?? 0, maxTokens: options.maxTokens ?? 600 }
    const key = hashJson(
      { version, judge: judge.model, ...settings, beginning, text, instruction, regrade },
      32,
    )
    const kept = journal.get(key)
    if (kept) return { key, judgement: Promise.resolve(kept), resumed: true }
    const known = shared.get(key)
    if (known) return { key, judgement: known, resumed: false }
    const asked = judgeCompletion(completion, { judge, rubric, regrade, ...settings, signal: anyStop }).then(
      async judgement => {
        await journal.append(key, judgement)
        return judgement
      },
    )
    // Once in the journal it is found there; a failure may be tried again by the next of the same words.
    const settled = asked.finally(() => shared.delete(key))
    settled.catch(() => {})
    shared.set(key, asked)
    return { key, judgement: asked, resumed: false }
  }

  const gradeOne = async (at: number, completion: Completion, regrade: number): Promise<void> => {
    let grading: Grading
    const asked = judgementOf(completion, regrade)
    try {
      const judgement = await asked.judgement
      grading = { completion, regrade, status: statusOf(judgement), judgement }
      failuresInARow = 0
    } catch (error) {
      if (anyStop.aborted) throw anyStop.reason
      const { name: kind, message } = error as Error
      if (fatal.has(kind) || (error as NodeJS.ErrnoException).code !== undefined) throw error
      grading = { completion, regrade, status: 'ungraded', failure: message }
      failuresInARow++
      if (failuresInARow >= (options.maxFailures ?? 10))
        throw new JudgeFailedError(
          `The judge failed ${failuresInARow} times in a row, at last with: ${message} What was graded is kept; run the same again later.`,
          { cause: error },
        )
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

function statusOf({ marks, problems }: Judgement): Grading['status'] {
  if (Object.keys(problems).length === 0) return 'graded'
  return Object.keys(marks).length > 0 ? 'partial' : 'ungraded'
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
    const perBeginning = trials ?? 10
    return {
      stream: generateCompletions(completions, { trials: perBeginning, ...(signal ? { signal } : {}) }),
      total: completions.beginnings.length * perBeginning,
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
  judgement: Promise<Judgement>
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
    add({ status, judgement }, asked) {
      count[status]++
      if (asked.resumed) resumed++
      // Completions of the same words share one judgement, and its cost.
      if (!judgement || paid.has(asked.key)) return
      paid.add(asked.key)
      cost += judgement.cost ?? 0
      costKnown &&= judgement.cost !== undefined
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
