import {
  type GradingProgress,
  type Prompt,
  parsePrompts,
  parseRubric,
  type Report,
  type Rubric,
  rubrics,
} from '@tinystories/grader'
import { type AnswerPrompt, parseAnswerPrompts } from '@tinystories/grader/measures'
import type { BatchWaveProgress } from '@tinystories/llm'
import {
  type GenerationEngineName,
  type GradeEvent,
  type GradingFolder,
  gradeModel,
  type JudgeOptions,
  reportRenderers,
  type StoryFormat,
} from '@tinystories/pipeline'
import { readTextFile } from '@tinystories/utils/disk'
import { access } from '../access.ts'
import { type JudgeFlags, type PreparedJudge, prepareJudges, usualConcurrency } from '../grade/judge.ts'
import { forDisplay, fromTyped, modelSource } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { output, print, printPiece } from '../terminal/output.ts'
import { formatDuration } from '../terminal/progress.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { askingOption } from '../train/instruct-option.ts'

export interface GradeFlags extends JudgeFlags, StoryFormat {
  rubric: string
  regrades: number
  judgeTemperature: number
  judgeMaxTokens: number
  judgeReasoning?: NonNullable<JudgeOptions['reasoning']>
  combine: 'mean' | 'median'
  prompts?: string
  trials: number
  temperature: number
  maxTokens: number
  seed: number
  truncateRepeats?: boolean
  instruct?: string | boolean
  engine: GenerationEngineName | 'auto'
  measuresOnly?: boolean
  corpus?: string
  answerPrompts?: string
  name?: string
  out?: string
  json?: boolean
}

/**
 * Has a model's completions graded, and leaves completions, journal, gradings and reports in a folder.
 *
 * @param source a run or model folder, or a file of completions
 * @returns the exit code: 0, 1 when the judge scored nothing, or 130 when interrupted.
 */
export function grade(source: string | undefined, flags: GradeFlags): Promise<number> {
  return interruptible(
    async signal => {
      const rubric = await loadRubric(flags.rubric)
      // What is wrong with the judge is said before anything is written.
      const judges = flags.measuresOnly ? undefined : await prepareJudges(flags)
      const progress = new GradingProgressLine(flags.batch === true)
      const { trials, temperature, maxTokens, seed, truncateRepeats, engine, corpus, name, out } = flags
      const { report, files } = await gradeModel({
        source: modelSource(source),
        rubric,
        judge: judges && judgeOptions(judges, flags, progress),
        prompts: flags.prompts === undefined ? undefined : await loadPrompts(flags.prompts),
        answerPrompts:
          flags.answerPrompts === undefined ? undefined : await loadAnswerPrompts(flags.answerPrompts),
        trials,
        temperature,
        maxTokens,
        seed,
        truncateRepeats,
        ...askingOption(flags),
        engine,
        ...(corpus !== undefined && { corpus: { ...flags, source: resolveSource(corpus) } }),
        name,
        folder: out === undefined ? undefined : fromTyped(out),
        access: access(),
        signal,
        onEvent: event => progress.show(event),
      }).finally(() => progress.end())
      if (judges && judges.length > 1)
        print(`How the judges agree, and where they differ: ${forDisplay(files.agreement)}`)
      const code = printReport(report, files)
      if (flags.json) for (const piece of reportRenderers.json(report)) printPiece(piece, process.stdout)
      return code
    },
    () => print('Stopped. The same command continues from here.'),
  )
}

function judgeOptions(
  judges: readonly PreparedJudge[],
  { batch, regrades, judgeTemperature, judgeMaxTokens, judgeReasoning, combine, concurrency }: GradeFlags,
  progress: GradingProgressLine,
): JudgeOptions {
  if (batch)
    print(
      'Grading in batches: half the price, each wave within a day. Ctrl-C leaves the batch at the server; the same command continues with it.',
    )
  // In batches everything is asked for at once: a wave of assessments, one of scores, one of those asked again.
  const most = concurrency ?? (batch ? undefined : usualConcurrency)
  return {
    createJudge: batchState =>
      judges.map(({ client, inBatches }) =>
        batch ? inBatches(batchState, wave => progress.showWave(wave)) : client,
      ),
    combine,
    maxTokens: judgeMaxTokens,
    ...(judgeReasoning && { reasoning: judgeReasoning }),
    temperature: judgeTemperature,
    regrades,
    ...(most !== undefined && { concurrency: most }),
  }
}

/** What `grade` shows while it works: a line for each phase. */
class GradingProgressLine {
  readonly #isBatch: boolean
  #line: ProgressLine | undefined
  #phase: string | undefined
  #graded = ''
  #lastWave = ''

  constructor(isBatch: boolean) {
    this.#isBatch = isBatch
  }

  show(event: GradeEvent): void {
    const line = this.#lineOf(event.type)
    switch (event.type) {
      case 'generating':
        line.show(
          `writing ${event.done}/${event.total}  ETA ${formatDuration(event.secondsLeft)}`,
          event.done === event.total,
        )
        return
      case 'corpus':
        line.show(`read ${event.stories.toLocaleString('en')} stories of the corpus`)
        return
      case 'grading': {
        this.#graded = describeGraded(event)
        // Nobody knows how long a batch takes.
        const { done, total, secondsLeft } = event
        const eta = `ETA ${secondsLeft === undefined ? '-' : formatDuration(secondsLeft)}`
        line.show(this.#isBatch ? this.#graded : `${this.#graded}  ${eta}`, done === total)
      }
    }
  }

  showWave(wave: BatchWaveProgress): void {
    // Each wave is shown at least once, and so is its end.
    const news = `${wave.wave} ${wave.open.length}`
    const text = [describeWave(wave), this.#graded].filter(Boolean).join('  ')
    this.#lineOf('grading').show(text, news !== this.#lastWave)
    this.#lastWave = news
  }

  end(): void {
    this.#line?.end()
    this.#line = undefined
  }

  #lineOf(phase: string): ProgressLine {
    if (phase !== this.#phase) this.end()
    this.#phase = phase
    this.#line ??= new ProgressLine({ stream: output(), keep: true })
    return this.#line
  }
}

function describeGraded({ done, total, ungraded, partial, cost, costKnown }: GradingProgress): string {
  return [
    `graded ${done}/${total}`,
    ...(partial + ungraded > 0 ? [`${partial} in part, ${ungraded} not`] : []),
    `cost ${costKnown ? `$${cost.toFixed(4)}` : 'unknown'}`,
  ].join('  ')
}

function describeWave({ wave, isResuming, total, completed, open }: BatchWaveProgress): string {
  const answered = completed + open.reduce((sum, batch) => sum + batch.completed, 0)
  const states = [...new Set(open.map(({ status }) => status.replaceAll('_', ' ')))].join(', ')
  const name = isResuming ? `wave ${wave} (batch of an earlier run)` : `wave ${wave}`
  return `${name}: ${Math.min(answered, total)}/${total} answered, ${open.length === 0 ? 'ended' : states}`
}

async function loadPrompts(path: string): Promise<readonly Prompt[]> {
  return parsePrompts(await readTextFile(fromTyped(path), { pipes: true }), path)
}

async function loadAnswerPrompts(path: string): Promise<readonly AnswerPrompt[]> {
  return parseAnswerPrompts(await readTextFile(fromTyped(path), { pipes: true }), path)
}

async function loadRubric(name: string): Promise<Rubric> {
  return rubrics[name] ?? parseRubric(await readTextFile(fromTyped(name), { pipes: true }), name)
}

/** Prints the scores. @returns 1 when the judge scored nothing */
function printReport({ models: [model] }: Report, files: GradingFolder): number {
  const judged = model !== undefined && model.gradings > 0
  if (judged) {
    for (const { label, max, estimate, parseRate } of model.criteria) {
      const number = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–')
      const [low, high] = estimate.interval.map(number)
      print(
        `${label.padEnd(12)} ${number(estimate.mean)} of ${max}  95 % interval ${low} to ${high}  (${number(parseRate * 100)} % read)`,
      )
    }
    const cost = model.costKnown ? `cost $${model.cost.toFixed(4)}` : 'cost unknown'
    print(`${model.graded} graded, ${model.partial} in part, ${model.ungraded} ungraded; ${cost}`)
    for (const [failure, count] of Object.entries(model.failures)) print(`${count} x ${failure}`)
    const reasons = new Map<string, number>()
    for (const { problems } of [...model.criteria, ...model.choices])
      for (const [reason, count] of Object.entries(problems))
        reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    const unread = [...reasons].filter(([reason]) => reason !== 'not-estimated')
    if (unread.length > 0)
      print(`Scores not read: ${unread.map(([reason, count]) => `${count} ${reason}`).join(', ')}`)
  }
  print(`Report: ${forDisplay(files.report('html'))} (also .md, .json, .csv)`)
  return judged && model.graded + model.partial === 0 ? 1 : 0
}
