import type { BackendName } from '@tinystories/backends'
import type { EvaluationSums, ModelSource, TokenBatch } from '../types.ts'

/** Where each parameter lies in the flat shared arrays, in elements. */
export interface ParameterLayout {
  names: string[]
  shapes: Record<string, number[]>
  offsets: Record<string, number>
  size: number
}

export interface ParallelWorkerData {
  source: ModelSource
  backend: BackendName
  layout: ParameterLayout
  /** The present parameters, written by the main thread between two requests. */
  parameters: Float32Array
  /** What is evaluated: the parameters' averages where `weights` asks for them. */
  average: Float32Array
  /** This worker's sum of weighted gradients. */
  gradients: Float32Array
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

export type ParallelAnswer =
  | { kind: 'ready' }
  | { kind: 'loss'; loss: number }
  | { kind: 'sums'; sums: EvaluationSums }
  | { kind: 'failed'; message: string }
