import type { TrainTokenizerProgress } from '@tinystories/tokenizer'
import type { ModelAccess } from '../model/locate-model.ts'
import type { StoryLengths } from '../recipe/measure-stories.ts'
import type { SourceAccess } from '../source/read-options.ts'
import type { TrainingSource } from '../source/training-source.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunSettings } from './run-settings.ts'

/** What a run will do, before anything is written. */
export interface Plan {
  settings: RunSettings
  source: TrainingSource
  /** The run to continue; undefined: a new one. */
  resume: { run: RunFolder; force: boolean } | undefined
  /** The weights that a new run starts from; undefined: random ones. */
  weights: Record<string, Float32Array> | undefined
  /** The state of the optimizer that a new run starts with; undefined: its initial one. */
  optimizerState?: Record<string, Record<string, Float32Array>> | undefined
}

/** What happens while a run is planned. */
export type PlanEvent =
  | ({ type: 'vocabulary' } & TrainTokenizerProgress)
  | ({ type: 'stories'; vocabSize: number } & StoryLengths)
  /** Stories with instructions that do not fit into a window are left out. */
  | { type: 'dropped'; stories: number; of: number }
  /** The held-out stories are those that are trained on. */
  | { type: 'valid-is-data' }

/** Options of planning. */
export interface PlanContext {
  access?: SourceAccess & ModelAccess
  /** Memory of the machine in bytes: a model whose training cannot fit is refused. Default: any fits. */
  memory?: number
  signal?: AbortSignal
  onEvent?: (event: PlanEvent) => void
}
