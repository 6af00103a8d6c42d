import { openStories } from '@tinystories/dataset'
import {
  combineJudges,
  compareJudges,
  type GradeOptions,
  type GradingProgress,
  type GradingRun,
  grade,
  openJournal,
  type Prompt,
  parseCompletions,
  type Report,
  type Rubric,
  renderGradingsPieces,
  renderJudgeComparison,
  rubricVersion,
  storyPrompts,
} from '@tinystories/grader'
import { type AnswerPrompt, answerPrompts, measureCompletions } from '@tinystories/grader/measures'
import { createFolder, readTextFile, writeFileAtomically } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import type { OpenModelOptions } from '../model/open-model.ts'
import { readOptions, type SourceAccess, type StoryFormat } from '../source/read-options.ts'
import { type GradingFolder, gradingFolder } from './grading-folder.ts'
import { locateCompletions } from './locate-completions.ts'
import { type ModelCompletions, writeCompletions } from './write-completions.ts'
import { writeReports } from './write-reports.ts'

/** Who judges, and how. */
export interface JudgeOptions {
  /**
   * Creates the judge, or several, whose scores are combined; `offline` is an estimate without a judge. `batchState` is
   * the file where a judge that works in batches can keep which are open.
   */
  createJudge: (batchState: string) => GradeOptions['judge'] | readonly GradeOptions['judge'][]
  /** How scores of several judges are combined. Default: mean. */
  combine?: 'mean' | 'median'
  /** Tokens that one reply may have. Default 600. */
  maxTokens?: number
  /** How much a reasoning model thinks. Default: as the server has it. */
  reasoning?: GradeOptions['reasoning']
  /** Default 0. */
  temperature?: number
  /** How often each completion is judged. Default 1. */
  regrades?: number
  /** Gradings at the same time. Default: all. */
  concurrency?: number
}

/** Options of {@link gradeModel}. */
export interface GradeModelOptions {
  /** A run, a folder with a model, `hf://owner/name`, or a file of completions. Default: the newest run. */
  source?: string | undefined
  rubric: Rubric
  /** Without a judge the completions are only measured. */
  judge?: JudgeOptions | undefined
  /** What the model continues. Default: the 54 that come with the grader. */
  prompts?: readonly Prompt[] | undefined
  /** Prompts with accepted answers. Default: the 28 that come with the grader. */
  answerPrompts?: readonly AnswerPrompt[] | undefined
  /** Completions of each prompt. Default 10. */
  trials?: number
  /** Of the model that generates. Default 1. */
  temperature?: number
  /** Default 200. */
  maxTokens?: number
  /** Default 42. */
  seed?: number
  /** Cut completions where a 4-gram repeats, for models that never stop. */
  truncateRepeats?: boolean | undefined
  /**
   * Name or path of the template that a model of instructions is asked with; null: none. Default: the one that it was
   * trained with.
   */
  instruct?: string | null | undefined
  engine?: OpenModelOptions['engine']
  /** The stories that the model was trained on, to find what it repeats. */
  corpus?: (StoryFormat & { source: string }) | undefined
  /** What the report calls the model. Default: from its path. */
  name?: string | undefined
  /** Where everything is written. Default: `grades` in the run, or `NAME-grades` beside the file. */
  folder?: string | undefined
  access?: SourceAccess & Omit<OpenModelOptions, 'engine' | 'threads' | 'signal'>
  signal?: AbortSignal
  onEvent?: (event: GradeEvent) => void
}

/** What happens during {@link gradeModel}, in this order. */
export type GradeEvent =
  | { type: 'generating'; done: number; total: number; secondsLeft: number }
  | { type: 'corpus'; stories: number }
  | ({ type: 'grading' } & GradingProgress)

/**
 * Has a model's completions graded and measured, and leaves completions, journal, gradings and reports in a folder. The
 * same call continues where an earlier one was stopped; nothing is paid for twice.
 *
 * @throws PipelineError `completions-given`, `other-completions`, `no-model`; GraderError; what the judge throws
 */
export async function gradeModel(
  options: GradeModelOptions,
): Promise<{ report: Report; files: GradingFolder }> {
  const { source, rubric, judge, corpus, access = {}, signal, onEvent } = options
  const place = await locateCompletions(source, access, signal)
  if (place.file !== undefined) refuseGenerationOptions(options)
  const files = gradingFolder(options.folder ?? place.folder)
  const name = options.name ?? place.name
  const given =
    place.file === undefined
      ? undefined
      : parseCompletions(await readTextFile(place.file, { pipes: true, maxBytes: 2 ** 28 }), place.file)
  const stories = corpus && openStories(corpus.source, readOptions(corpus, access))
  // Generating takes minutes and judging money: a corpus that cannot be read is refused before.
  if (stories) for await (const _ of stories.take(1).iterate(signal ? { signal } : {})) break
  await createFolder(files.folder)
  // The journal's lock also keeps a second process out of the folder.
  const journal = judge && (await openJournal(files.journal))
  try {
    const generated = given ? { completions: given, answers: [] } : await generateWith(options, files)
    const { completions, answers } = generated
    const texts =
      stories &&
      (async function* () {
        for await (const { text } of stories.iterate(signal ? { signal } : {})) yield text
      })()
    const measures = await measureCompletions(completions, {
      ...(texts ? { corpus: texts } : {}),
      ...(answers.length > 0 ? { answers } : {}),
      ...(signal && { signal }),
      onProgress: count => onEvent?.({ type: 'corpus', stories: count }),
    })
    await writeFileAtomically(files.measures, `${JSON.stringify(measures, null, 1)}\n`)
    const runs: GradingRun[] = []
    for (const one of judge ? [judge.createJudge(files.batch)].flat() : [])
      runs.push(
        await grade(completions, {
          ...settingsOf(judge!, completions.length),
          judge: one,
          rubric,
          name,
          ...(journal && { journal }),
          ...(signal && { signal }),
          onProgress: progress => onEvent?.({ type: 'grading', ...progress }),
        }),
      )
    const none = { name, judge: '', rubric, rubricVersion: rubricVersion(rubric), gradings: [] }
    const run = runs.length > 1 ? combineJudges(runs, judge?.combine) : (runs[0] ?? none)
    if (runs.length > 1) {
      for (const [i, each] of runs.entries())
        await writeFileAtomically(files.gradingsOf(i + 1), renderGradingsPieces(each))
      await writeFileAtomically(files.agreement, renderJudgeComparison(compareJudges(runs)))
    }
    await writeFileAtomically(files.gradings, renderGradingsPieces(run))
    return { report: await writeReports(files, { run, measures }), files }
  } finally {
    await journal?.close()
  }
}

function settingsOf(
  { temperature = 0, regrades = 1, concurrency, maxTokens, reasoning }: JudgeOptions,
  completions: number,
): Pick<GradeOptions, 'temperature' | 'regrades' | 'concurrency' | 'maxTokens' | 'reasoning'> {
  return {
    temperature,
    regrades,
    concurrency: concurrency ?? Math.max(1, completions * regrades),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(reasoning && { reasoning }),
  }
}

function generateWith(options: GradeModelOptions, files: GradingFolder): Promise<ModelCompletions> {
  const { source, trials = 10, temperature = 1, maxTokens = 200, seed = 42, engine = 'auto' } = options
  const { onEvent, signal, access = {}, truncateRepeats = false } = options
  return writeCompletions(files, {
    model: source,
    prompts: options.prompts ?? storyPrompts,
    answerPrompts: options.answerPrompts ?? answerPrompts,
    trials,
    temperature,
    maxTokens,
    seed,
    truncateRepeats,
    instruct: options.instruct,
    engine,
    access,
    signal,
    onProgress: progress => onEvent?.({ type: 'generating', ...progress }),
  })
}

/** A file of completions is graded as it is: options of generation mean a mistake. */
function refuseGenerationOptions(options: GradeModelOptions): void {
  for (const option of ['prompts', 'answerPrompts', 'truncateRepeats', 'instruct'] as const)
    if (options[option] !== undefined) throw new PipelineError('completions-given', { option })
}
