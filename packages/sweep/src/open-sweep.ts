import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fingerprintStories, openStories } from '@tinystories/dataset'
import { type Prompt, parsePrompts, storyPrompts } from '@tinystories/grader'
import { createFolder, readTextFile } from '@tinystories/utils/disk'
import { SweepError } from './errors.ts'
import { readSavedSweep, writeSavedSweep } from './saved-sweep.ts'
import { type Cell, expandCells } from './spec/expand-cells.ts'
import { parseSweepSpec, type SweepSpec } from './spec/sweep-spec.ts'
import { emergenceStage } from './stages/emergence-stage.ts'
import { generateStage } from './stages/generate-stage.ts'
import { gradeStage } from './stages/grade-stage.ts'
import { instructStage } from './stages/instruct-stage.ts'
import { measureStage } from './stages/measure-stage.ts'
import { prepareStage } from './stages/prepare-stage.ts'
import { probeStage } from './stages/probe-stage.ts'
import { dataOf, type StageOptions } from './stages/stage-options.ts'
import { trainStage } from './stages/train-stage.ts'
import { planTasks, type Task } from './tasks/plan-tasks.ts'
import { type KeptResults, takeResults } from './tasks/take-results.ts'
import { TaskStore } from './tasks/task-store.ts'

/** A sweep in its folder. */
export interface Sweep {
  id: string
  folder: string
  spec: SweepSpec
  /** The prompts that every model continues; `isQuotable`: whether a report repeats the text. */
  prompts: readonly (Prompt & { isQuotable: boolean })[]
  cells: Cell[]
  tasks: Task[]
  store: TaskStore
  /** The versions of the stages: processes that work together have the same. */
  software: string
}

/** Options of {@link createSweep} and {@link openSweep}. */
export interface SweepOptions extends Pick<StageOptions, 'access' | 'threads' | 'createJudge'> {
  /** Bytes that a training may take, so that cells that do not fit are refused at once. Default: any fit. */
  memory?: number | undefined
  /** Ends {@link createSweep}, which reads the stories of an address or a large file for a while. */
  signal?: AbortSignal | undefined
  /** Results that are not to be found again: see `parseKeptResults`. Only {@link createSweep} takes them. */
  kept?: KeptResults | undefined
}

/**
 * Creates a sweep in a folder, or continues the one that is there with the cells of `spec`: what is done is kept.
 *
 * @throws SweepError before anything is written; the signal's reason; what the dataset throws for stories that cannot be read
 */
export async function createSweep(
  spec: SweepSpec,
  folder: string,
  { signal, ...options }: SweepOptions = {},
): Promise<Sweep> {
  const cells = expandCells(spec, options.memory)
  if (spec.judge !== 'offline' && options.createJudge === undefined)
    throw new SweepError('no-judge', { model: spec.judge.model })
  const id = (await readSavedSweep(folder))?.id ?? randomUUID().slice(0, 8)
  const { promptFile } = spec
  const read =
    promptFile === undefined ? [] : parsePrompts(await readTextFile(promptFile, { pipes: true }), promptFile)
  const texts = read.map(({ text }, at) => ({ id: `file-prompt-${at + 1}`, text }))
  const { access } = options
  const fingerprintOf = (source: string): Promise<string> =>
    fingerprintStories(openStories(source, access ?? {}), { signal })
  const heldOut = spec.heldOut === undefined ? '' : `+${await fingerprintOf(spec.heldOut)}`
  const fingerprints: Record<string, string> = {}
  for (const source of new Set(cells.map(cell => dataOf(cell, spec))))
    fingerprints[source] = (await fingerprintOf(source)) + heldOut
  const sweep = assemble({ id, spec, folder, fingerprints, filePrompts: texts }, options)
  await createFolder(folder)
  const { software } = sweep
  await writeSavedSweep(folder, { id, fingerprints, filePrompts: texts, software, spec })
  await takeResults(sweep.tasks, sweep.store, options.kept ?? new Map())
  return sweep
}

/**
 * Opens the sweep that a folder holds.
 *
 * @throws SweepError `no-sweep`, `other-format`; InputError when `sweep.json` is damaged
 */
export async function openSweep(folder: string, options: SweepOptions = {}): Promise<Sweep> {
  const saved = await readSavedSweep(folder)
  if (saved === undefined) throw new SweepError('no-sweep', { folder })
  const spec = parseSweepSpec(saved.spec, join(folder, 'sweep.json'))
  return assemble({ ...saved, spec, folder }, options)
}

interface Parts {
  id: string
  spec: SweepSpec
  folder: string
  fingerprints: Readonly<Record<string, string>>
  filePrompts: readonly Prompt[]
}

function assemble({ id, spec, folder, fingerprints, filePrompts }: Parts, options: SweepOptions): Sweep {
  const own = spec.prompts?.map((text, at) => ({ id: `prompt-${at + 1}`, text })) ?? storyPrompts
  const prompts = [
    ...own.map(prompt => ({ ...prompt, isQuotable: true })),
    ...filePrompts.map(prompt => ({ ...prompt, isQuotable: spec.quotePromptFile })),
  ]
  const cells = expandCells(spec)
  const stageOptions: StageOptions = {
    ...options,
    spec,
    prompts,
    fingerprintOf: cell => fingerprints[dataOf(cell, spec)] ?? '',
  }
  const stages = [
    ...[prepareStage, trainStage, probeStage, emergenceStage],
    ...[generateStage, measureStage, gradeStage, instructStage],
  ].map(create => create(stageOptions))
  return {
    ...{ id, folder, spec, prompts, cells },
    tasks: planTasks(cells, stages),
    store: new TaskStore(folder),
    software: stages.map(({ name, version }) => `${name} ${version}`).join(', '),
  }
}
