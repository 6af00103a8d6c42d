import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { countParameters } from '@tinystories/model'
import { type RunSettings, readEvaluation, readMetrics, readSettings, runFolder } from '@tinystories/pipeline'
import type { EvaluationResult, MetricsLine, SampleLine } from '@tinystories/trainer'
import { readTextFileIfPresent } from '@tinystories/utils/disk'
import { messageOf } from '../errors/describe-error.ts'
import { UserError } from '../errors/user-error.ts'

/** What the page shows of one run. */
export interface RunSummary {
  name: string
  folder: string
  config: RunSettings
  /** Settings that runs may differ in, as a person writes them. */
  settings: Record<string, string>
  parameters: number
  steps: number
  tokens: number
  seconds: number
  /** Lowest bits per byte of the evaluations during training, on part of the held-out stories. */
  bestBitsPerByte: number | undefined
  /** Score of the best model on all held-out stories; undefined until the run has ended. */
  score: EvaluationResult | undefined
  /** Figures by step, so many of each kind as a page holds: training figures are means of the steps they stand for. */
  training: Record<TrainingFigure | 'step' | 'tokens' | 'minutes', number[]>
  heldOut: Record<'step' | 'tokens' | 'minutes' | 'bitsPerByte' | 'loss', number[]>
  samples: Pick<SampleLine, 'step' | 'text'>[]
  story: string | undefined
  /** What could not be read and was left out. */
  problems: string[]
}

export type TrainingFigure = 'bitsPerByte' | 'loss' | 'tokensPerSecond' | 'learningRate' | 'gradientNorm'

/** Points of a curve: more than a screen shows. */
const MOST_POINTS = 1500
const LEAST_POINTS = 100
/** Points of all curves of a page, so that many runs need no more memory than fifty. */
const POINTS_OF_PAGE = 50 * MOST_POINTS
const trainingFigures = ['bitsPerByte', 'loss', 'tokensPerSecond', 'learningRate', 'gradientNorm'] as const

/**
 * The run folders that paths name: a run itself, or each run in a folder of runs, oldest first.
 *
 * @throws UserError naming a path without any.
 */
export async function findRuns(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(runsAt))
  return [...new Set(found.flat())]
}

async function runsAt(path: string): Promise<string[]> {
  if (await isFile(runFolder(path).metrics)) return [path]
  const names = await readdir(path).catch(() => {
    throw new UserError(
      `${path} does not exist or is no folder. Give the folder of a run, or one with runs in it.`,
    )
  })
  const folders: string[] = []
  for (const name of names.sort()) {
    if (await isFile(runFolder(join(path, name)).metrics)) folders.push(join(path, name))
  }
  if (folders.length > 0) return folders
  throw new UserError(
    `${path} holds no run (none has metrics.jsonl). Train one first, or give another folder.`,
  )
}

/** Runs that could be read, and what is wrong with the others or with parts of these. */
export interface ReadRuns {
  runs: RunSummary[]
  problems: string[]
}

/** Points of a curve on a page of so many runs. */
export function pointsFor(runs: number): number {
  return Math.min(MOST_POINTS, Math.max(LEAST_POINTS, Math.floor(POINTS_OF_PAGE / runs)))
}

/** Reads runs; one that cannot be read is left out and named. */
export async function readRuns(folders: readonly string[]): Promise<ReadRuns> {
  const read: ReadRuns = { runs: [], problems: [] }
  const points = pointsFor(folders.length)
  for (const folder of folders) {
    try {
      const run = await readRun(folder, points)
      read.runs.push(run)
      read.problems.push(...run.problems)
    } catch (error) {
      read.problems.push(`${basename(folder)} is left out: ${messageOf(error)}`)
    }
  }
  return read
}

/**
 * Reads a run; damaged lines of its metrics and a damaged evaluation are left out and named.
 *
 * @param points of a curve at most
 * @throws InputError, FileError when its settings or metrics cannot be read
 */
export async function readRun(folder: string, points: number = MOST_POINTS): Promise<RunSummary> {
  const run = runFolder(folder)
  const name = basename(folder)
  const config = await readSettings(run)
  const { lines, damaged } = await readMetrics(run.metrics)
  const problems = damaged.length === 0 ? [] : [describeDamage(name, damaged)]
  const score = await readEvaluation(run.evaluation).catch((error: unknown) => {
    problems.push(`The score of ${name} is left out: ${messageOf(error)}`)
    return undefined
  })
  const steps = lines.filter(line => line.type === 'step')
  const evaluations = lines.filter(line => line.type === 'evaluation')
  // Each is a dot: where there are too many, every so manyth and the last.
  const apart = Math.ceil(evaluations.length / points)
  const shown = evaluations.filter((_, i) => (evaluations.length - 1 - i) % apart === 0)
  const last = steps.at(-1)
  const tokensAt = new Map(steps.map(({ step, tokens }) => [step, tokens]))
  return {
    name,
    folder,
    config,
    settings: settingsOf(config),
    parameters: countParameters(config.model).total,
    steps: last?.step ?? 0,
    tokens: last?.tokens ?? 0,
    seconds: last?.seconds ?? 0,
    bestBitsPerByte: evaluations.reduce<number | undefined>(
      (best, { bitsPerByte }) => Math.min(best ?? bitsPerByte, bitsPerByte),
      undefined,
    ),
    score,
    training: averaged(steps, points),
    heldOut: {
      step: shown.map(line => line.step),
      tokens: shown.map(line => tokensAt.get(line.step) ?? 0),
      minutes: shown.map(line => line.seconds / 60),
      bitsPerByte: shown.map(line => line.bitsPerByte),
      loss: shown.map(line => line.nats),
    },
    samples: lines.filter(line => line.type === 'sample').map(({ step, text }) => ({ step, text })),
    story: await readTextFileIfPresent(run.story).catch(() => undefined),
    problems,
  }
}

function describeDamage(name: string, damaged: readonly unknown[]): string {
  const first = messageOf(damaged[0])
  return damaged.length === 1
    ? `A line of ${name} is left out: ${first}`
    : `${damaged.length} lines of ${name} are left out, the first: ${first}`
}

function averaged(
  steps: readonly (MetricsLine & { type: 'step' })[],
  points: number,
): RunSummary['training'] {
  const size = Math.max(1, Math.ceil(steps.length / points))
  const curves: RunSummary['training'] = {
    step: [],
    tokens: [],
    minutes: [],
    bitsPerByte: [],
    loss: [],
    tokensPerSecond: [],
    learningRate: [],
    gradientNorm: [],
  }
  for (let from = 0; from < steps.length; from += size) {
    const group = steps.slice(from, from + size)
    const last = group.at(-1)!
    curves.step.push(last.step)
    curves.tokens.push(last.tokens)
    curves.minutes.push(rounded(last.seconds / 60))
    for (const figure of trainingFigures) {
      curves[figure].push(rounded(group.reduce((sum, line) => sum + line[figure], 0) / group.length))
    }
  }
  return curves
}

function rounded(value: number): number {
  return Number(value.toPrecision(6))
}

/** Settings of config.json, nested ones by their path. */
function settingsOf(config: object, prefix = ''): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(config) as [string, unknown][]) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      Object.assign(settings, settingsOf(value, `${prefix}${name}.`))
    } else if (value !== null && value !== undefined) settings[prefix + name] = String(value)
  }
  return settings
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    info => info.isFile(),
    () => false,
  )
}
