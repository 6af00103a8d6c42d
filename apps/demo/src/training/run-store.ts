import type { InstructSettings } from '@tinystories/dataset/instruct'
import type { GptConfig } from '@tinystories/model'
import type { CheckpointProgress, EngineState, MetricsLine } from '@tinystories/trainer'
import { PageError } from '../errors/page-error.ts'
import { createDatabase } from '../storage/database.ts'
import { isLocked } from './run-lock.ts'
import type { TrainingSettings } from './settings.ts'

// What a run starts from, its checkpoint, and a summary for lists, each under the run's id.
const transact = createDatabase('tinystories-runs', ['starts', 'checkpoints', 'summaries'])

/** What a run starts from. */
export interface RunStart {
  settings: TrainingSettings
  /** The stories, as they are trained on. */
  stories: string[]
  tokenizer: unknown
  /** The model that is trained further. */
  from?: { config: GptConfig; parameters: Record<string, Float32Array> }
  /** How the stories get their instructions; null or absent: they get none. */
  instruct?: InstructSettings | null
  /** Tokens of a window. Default: the context of the model. */
  windowLength?: number
}

/** The newest checkpoint of a run, with its metrics. */
export interface KeptCheckpoint {
  state: EngineState
  progress: CheckpointProgress
  lines: MetricsLine[]
}

/** A run in the browser's storage, as lists show it. */
export interface RunSummary {
  id: string
  settings: TrainingSettings
  step: number
  /** Of training. */
  seconds: number
  /** When it was saved, in milliseconds since 1970. */
  savedAt: number
}

/** A kept run, and whether a tab has it open. */
export interface KeptRun extends RunSummary {
  inUse: boolean
}

/** @throws PageError when there is no room */
export async function keepStart(id: string, start: RunStart): Promise<void> {
  await transact('readwrite', store => store('starts').put(start, id))
}

export async function keepCheckpoint(
  id: string,
  settings: TrainingSettings,
  checkpoint: KeptCheckpoint,
): Promise<void> {
  const { step, seconds } = checkpoint.progress
  const summary: RunSummary = { id, settings, step, seconds, savedAt: Date.now() }
  await transact('readwrite', store => {
    store('checkpoints').put(checkpoint, id)
    return store('summaries').put(summary, id)
  })
}

/** The kept runs, the newest first. */
export async function listRuns(): Promise<KeptRun[]> {
  const summaries = await transact<RunSummary[]>('readonly', store => store('summaries').getAll())
  const runs = await Promise.all(
    summaries.map(async summary => ({ ...summary, inUse: await isLocked(summary.id) })),
  )
  return runs.toSorted((a, b) => b.savedAt - a.savedAt)
}

/** @throws PageError `no-run` */
export async function loadStart(id: string): Promise<RunStart> {
  const start = await transact<RunStart | undefined>('readonly', store => store('starts').get(id))
  if (!start) throw new PageError('no-run', { id })
  return start
}

/** Undefined before the first checkpoint. */
export function loadCheckpoint(id: string): Promise<KeptCheckpoint | undefined> {
  return transact<KeptCheckpoint | undefined>('readonly', store => store('checkpoints').get(id))
}

export async function deleteRun(id: string): Promise<void> {
  await transact('readwrite', store => {
    store('starts').delete(id)
    store('checkpoints').delete(id)
    return store('summaries').delete(id)
  })
}
