import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import {
  type Completion,
  type GradingProgress,
  type GradingRun,
  grade as gradeCompletions,
  type Journal,
  type MeasuresSummary,
  openJournal,
  type Prompt,
  parseCompletions,
  parsePrompts,
  parseRubric,
  type Report,
  type Rubric,
  renderGradings,
  rubrics,
  rubricVersion,
  storyPrompts,
} from '@tinystories/grader'
import { answerPrompts, measureCompletions, parseAnswerPrompts } from '@tinystories/grader/measures'
import type { BatchWaveProgress } from '@tinystories/llm'
import { type Written, writeCompletions } from '../grade/completions.ts'
import { type GradesFolder, gradesFolder } from '../grade/grades-folder.ts'
import { type JudgeFlags, type PreparedJudge, prepareJudge, usualConcurrency } from '../grade/judge.ts'
import { writeReports } from '../grade/write-report.ts'
import { abortOnInterrupt } from '../interrupts.ts'
import { modelFolder } from '../open-model.ts'
import { openSource, resolveSource } from '../open-source.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { formatDuration } from '../progress.ts'
import { ProgressLine } from '../progress-line.ts'
import { writeWhole } from '../run-folder.ts'
import { fileError, UserError } from '../user-error.ts'
import type { WritingEngine } from '../writing-engines.ts'

export interface GradeFlags extends JudgeFlags {
  rubric: string
  regrades: number
  judgeTemperature: number
  prompts?: string
  trials: number
  temperature: number
  maxTokens: number
  seed: number
  truncateRepeats?: boolean
  engine: WritingEngine | 'auto'
  measuresOnly?: boolean
  corpus?: string
  answerPrompts?: string
  name?: string
  out?: string
}

/**
 * Has a model's completions graded, and leaves completions, journal, gradings and reports in a folder.
 *
 * @param what a run or model folder, or a file of completions
 * @returns the exit code: 0, 1 when the judge scored nothing, or 130 when interrupted.
 */
export async function grade(what: string | undefined, flags: GradeFlags): Promise<number> {
  const rubric = await openRubric(flags.rubric)
  // What is wrong with the judge is said before anything is written.
  const judge = flags.measuresOnly ? undefined : await prepareJudge(flags)
  const interrupt = abortOnInterrupt()
  const { signal } = interrupt
  let journal: Journal | undefined
  try {
    const place = await placeOf(what, flags, signal)
    if (place.file !== undefined) refuseWritingFlags(flags)
    const prompts = await openPrompts(flags.prompts)
    const grades = gradesFolder(place.out)
    const given = place.file === undefined ? undefined : await readFileOf(place.file)
    if (flags.corpus !== undefined) await checkCorpus(flags.corpus, signal)
    const asked = given ? [] : await openAnswerPrompts(flags.answerPrompts)
    await mkdir(place.out, { recursive: true }).catch(error => {
      throw fileError('--out', place.out, error)
    })
    // First of all, since it also keeps a second process out of the folder.
    if (judge) journal = await openJournal(grades.journal)
    const { completions, answers } = given
      ? { completions: given, answers: [] }
      : await writeCompletions(grades, {
          model: what,
          prompts,
          answerPrompts: asked,
          trials: flags.trials,
          temperature: flags.temperature,
          maxTokens: flags.maxTokens,
          seed: flags.seed,
          truncateRepeats: flags.truncateRepeats === true,
          engine: flags.engine,
          signal,
        })
    const measures = await measure({ completions, answers }, flags.corpus, signal)
    await writeWhole(grades.measures, `${JSON.stringify(measures, null, 1)}\n`)
    const none: GradingRun = {
      name: place.name,
      judge: '',
      rubric,
      rubricVersion: rubricVersion(rubric),
      gradings: [],
    }
    const run =
      judge && journal
        ? await judgeAll(judge, completions, { flags, grades, rubric, name: place.name, journal, signal })
        : none
    await writeWhole(grades.gradings, renderGradings(run))
    return tell(await writeReports(grades, run, measures), grades)
  } catch (error) {
    if (!signal.aborted) throw error
    console.log('Stopped. The same command goes on from here.')
    return 130
  } finally {
    await journal?.close()
    interrupt.release()
  }
}

interface JudgeAllOptions {
  flags: GradeFlags
  grades: GradesFolder
  rubric: Rubric
  name: string
  journal: Journal
  signal: AbortSignal
}

async function judgeAll(
  judge: PreparedJudge,
  completions: Completion[],
  { flags, grades, rubric, name, journal, signal }: JudgeAllOptions,
): Promise<GradingRun> {
  const line = new ProgressLine({ stream: process.stdout, keep: true })
  // In batches all are asked for at once: a wave of assessments, one of scores, one of those asked again.
  const concurrency =
    flags.concurrency ?? (flags.batch ? Math.max(1, completions.length * flags.regrades) : usualConcurrency)
  let graded = ''
  let lastWave = ''
  const onWave = (wave: BatchWaveProgress): void => {
    const text = describeWave(wave)
    // Each wave is told at least once, and its end.
    const news = `${wave.wave} ${wave.open.length}`
    line.show([text, graded].filter(Boolean).join('  '), news !== lastWave)
    lastWave = news
  }
  if (flags.batch)
    console.log(
      'Grading in batches: half the price, each wave within a day. Ctrl-C leaves the batch at the server; the same command goes on with it.',
    )
  try {
    return await gradeCompletions(completions, {
      judge: flags.batch ? judge.inBatches(grades.batch, onWave) : judge.client,
      rubric,
      name,
      regrades: flags.regrades,
      concurrency,
      temperature: flags.judgeTemperature,
      journal,
      signal,
      onProgress(progress) {
        const { done, total, secondsLeft } = progress
        graded = describeGraded(progress)
        // How long a batch takes nobody knows.
        const eta = `ETA ${secondsLeft === undefined ? '-' : formatDuration(secondsLeft)}`
        line.show(flags.batch ? graded : `${graded}  ${eta}`, done === total)
      },
    })
  } finally {
    line.end()
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

/** Writing takes minutes and judging money: a corpus that cannot be read is told before. */
async function checkCorpus(corpus: string, signal: AbortSignal): Promise<void> {
  for await (const _ of openSource(resolveSource(corpus)).take(1).iterate({ signal })) return
}

async function measure(
  { completions, answers }: Written,
  corpus: string | undefined,
  signal: AbortSignal,
): Promise<MeasuresSummary> {
  const line = new ProgressLine({ stream: process.stdout, keep: true })
  const stories = corpus === undefined ? undefined : openSource(resolveSource(corpus))
  const texts =
    stories &&
    (async function* () {
      for await (const { text } of stories) yield text
    })()
  try {
    return await measureCompletions(completions, {
      ...(texts ? { corpus: texts } : {}),
      ...(answers.length > 0 ? { answers } : {}),
      signal,
      onProgress: count => line.show(`read ${count.toLocaleString('en')} stories of the corpus`),
    })
  } finally {
    line.end()
  }
}

/** What is graded, what it is called, and where the results go. */
async function placeOf(
  what: string | undefined,
  { out, name }: GradeFlags,
  signal: AbortSignal,
): Promise<{ file?: string; name: string; out: string }> {
  const path = what === undefined || what.startsWith('hf://') ? undefined : fromTyped(what)
  const info = path === undefined ? undefined : await stat(path).catch(() => undefined)
  if (path !== undefined && info === undefined) throw fileError('The completions', path, { code: 'ENOENT' })
  if (path !== undefined && info?.isFile()) {
    const stem = basename(path, extname(path))
    return {
      file: path,
      name: name ?? stem,
      out: out ? fromTyped(out) : join(dirname(path), `${stem}-grades`),
    }
  }
  const folder = await modelFolder(what, signal)
  const run = basename(folder) === 'model' ? dirname(folder) : folder
  return { name: name ?? basename(run), out: out ? fromTyped(out) : join(run, 'grades') }
}

/** @throws UserError for flags that say how a model writes, where there is none */
function refuseWritingFlags({ prompts, answerPrompts, truncateRepeats }: GradeFlags): void {
  const given = Object.entries({
    '--prompts': prompts,
    '--answer-prompts': answerPrompts,
    '--truncate-repeats': truncateRepeats,
  })
  const flag = given.find(([, value]) => value !== undefined)?.[0]
  if (flag === undefined) return
  throw new UserError(
    `${flag} is for a model that writes, and a file of completions is graded as it is: leave it out.`,
  )
}

async function readText(path: string, flag: string): Promise<string> {
  return readFile(path, 'utf8').catch(error => {
    throw fileError(flag, path, error)
  })
}

async function readFileOf(path: string): Promise<Completion[]> {
  return parseCompletions(await readText(path, 'The completions'), path)
}

async function openPrompts(path: string | undefined): Promise<readonly Prompt[]> {
  if (path === undefined) return storyPrompts
  return parsePrompts(await readText(fromTyped(path), '--prompts'), path)
}

async function openAnswerPrompts(path: string | undefined): Promise<typeof answerPrompts> {
  if (path === undefined) return answerPrompts
  return parseAnswerPrompts(await readText(fromTyped(path), '--answer-prompts'), path)
}

async function openRubric(name: string): Promise<Rubric> {
  const known = rubrics[name]
  if (known) return known
  const text = await readText(fromTyped(name), '--rubric')
  return parseRubric(text, name)
}

/** Says what came of it; 1 when the judge scored nothing. */
function tell({ models: [model] }: Report, grades: GradesFolder): number {
  const judged = model !== undefined && model.gradings > 0
  if (judged) {
    for (const { label, max, estimate, parseRate } of model.criteria) {
      const number = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–')
      const [low, high] = estimate.interval.map(number)
      console.log(
        `${label.padEnd(12)} ${number(estimate.mean)} of ${max}  95 % interval ${low} to ${high}  (${number(parseRate * 100)} % read)`,
      )
    }
    const cost = model.costKnown ? `cost $${model.cost.toFixed(4)}` : 'cost unknown'
    console.log(`${model.graded} graded, ${model.partial} in part, ${model.ungraded} ungraded; ${cost}`)
    for (const [failure, count] of Object.entries(model.failures)) console.log(`${count} x ${failure}`)
  }
  console.log(`Report: ${forDisplay(grades.report('html'))} (also .md, .json, .csv)`)
  return judged && model.graded + model.partial === 0 ? 1 : 0
}
