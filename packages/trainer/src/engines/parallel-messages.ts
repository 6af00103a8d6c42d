import type { BackendName } from '@tinystories/backends'
import type { OptimizerSource } from '../optimizers/optimizer.ts'
import type { EvaluationSums, ModuleSource, TokenBatch } from '../types.ts'
import type { SharedArrays, Slots } from './parameter-share.ts'
import type { Range } from './sum-gradients.ts'

export interface ParallelWorkerData {
  source: ModuleSource
  backend: BackendName
  shared: SharedArrays
  /** Which of the workers this is, and so which sum of gradients is its own. */
  index: number
  /** What it keeps up to date; undefined: the main thread updates all parameters. */
  share: { names: string[]; optimizer: OptimizerSource } | undefined
}

export type Rows = Omit<TokenBatch, 'bytes'>

export type ParallelRequest =
  | {
      kind: 'gradients'
      rows: Rows
      weight: number
      /** Whether the sum begins anew. */
      first: boolean
    }
  | { kind: 'evaluate'; rows: Rows; weights: 'parameters' | 'average' }
  | { kind: 'sumGradients'; used: number; range: Range }
  // See `ShareOwner`.
  | { kind: 'load'; slots: Slots }
  | { kind: 'update'; gradientNorm: number; numbers: Record<string, number> }
  | { kind: 'save' }

export type ParallelAnswer =
  | { kind: 'done' }
  | { kind: 'loss'; loss: number }
  | { kind: 'sums'; sums: EvaluationSums }
  | { kind: 'squares'; squares: number[] }
  | { kind: 'slots'; slots: Slots }
  | { kind: 'failed'; message: string }
