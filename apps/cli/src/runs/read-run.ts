import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { countParameters, type GptConfig } from '@tinystories/model'
import { readMetrics, runFolder } from '@tinystories/pipeline'
import type { EvaluationResult, MetricsLine, SampleLine } from '@tinystories/trainer'
import { UserError } from '../errors/user-error.ts'

/** What the page shows of one run. */
export interface RunSummary {
  name: string
  folder: string
  /** What config.json holds. */
  config: Record<string, unknown>
  /** Settings that runs may differ in, as a person writes them. */
  settings: Record<string, string>
  parameters: number
  steps: number
  tokens: number
  seconds: number
  /** Lowest bits per byte of the evaluations on the way, of part of the held-out stories. */
  bestOnTheWay: number | undefined
  /** Score of the best model on all held-out stories; undefined until the run has ended. */
  score: EvaluationResult | undefined
  /** Figures by step, at most {@link POINTS} of each kind: training figures are means of the steps they stand for. */
  training: Record<TrainingFigure | 'step' | 'tokens' | 'minutes', number[]>
  heldOut: Record<'step' | 'tokens' | 'minutes' | 'bitsPerByte' | 'loss', number[]>
  samples: Pick<SampleLine, 'step' | 'text'>[]
  story: string | undefined
}

export type TrainingFigure = 'bitsPerByte' | 'loss' | 'tokensPerSecond' | 'learningRate' | 'gradientNorm'

/** Points of a curve: more than a screen shows, few enough for a page of fifty runs. */
const POINTS = 1500
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

/** @throws UserError when the run's settings or metrics cannot be read. */
export async function readRun(folder: string): Promise<RunSummary> {
  const run = runFolder(folder)
  const { lines } = await readMetrics(run.metrics)
  const config = await readJson(run.config)
  const steps = lines.filter(line => line.type === 'step')
  const evaluations = lines.filter(line => line.type === 'evaluation')
  const last = steps.at(-1)
  const tokensAt = new Map(steps.map(({ step, tokens }) => [step, tokens]))
  const score = await readJson(join(run.model, 'evaluation.json')).catch(() => undefined)
  return {
    name: basename(folder),
    folder,
    config,
    settings: settingsOf(config),
    parameters: countParameters(config.model as GptConfig).total,
    steps: last?.step ?? 0,
    tokens: last?.tokens ?? 0,
    seconds: last?.seconds ?? 0,
    bestOnTheWay: evaluations.reduce<number | undefined>(
      (best, { bitsPerByte }) => Math.min(best ?? bitsPerByte, bitsPerByte),
      undefined,
    ),
    score: score as EvaluationResult | undefined,
    training: averaged(steps),
    heldOut: {
      step: evaluations.map(line => line.step),
      tokens: evaluations.map(line => tokensAt.get(line.step) ?? 0),
      minutes: evaluations.map(line => line.seconds / 60),
      bitsPerByte: evaluations.map(line => line.bitsPerByte),
      loss: evaluations.map(line => line.nats),
    },
    samples: lines.filter(line => line.type === 'sample').map(({ step, text }) => ({ step, text })),
    story: await readFile(run.story, 'utf8').catch(() => undefined),
  }
}

function averaged(steps: readonly (MetricsLine & { type: 'step' })[]): RunSummary['training'] {
  const size = Math.max(1, Math.ceil(steps.length / POINTS))
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
function settingsOf(config: Record<string, unknown>, prefix = ''): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(config)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      Object.assign(settings, settingsOf(value as Record<string, unknown>, `${prefix}${name}.`))
    } else if (value !== null && value !== undefined) settings[prefix + name] = String(value)
  }
  return settings
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    info => info.isFile(),
    () => false,
  )
}
