/** Where a model comes from. */
export type ModelSource =
  | { kind: 'shipped'; id: string }
  /** The files of a model's folder. */
  | { kind: 'files'; name: string; files: Record<string, Blob> }
  /** A published model: `owner/name`, `owner/name@revision`, or its address on the hub. */
  | { kind: 'hub'; name: string }

/** What the page shows about an open model. */
export interface ModelInfo {
  name: string
  parameters: number
  layers: number
  heads: number
  hiddenSize: number
  mlpSize: number
  contextLength: number
  vocabSize: number
  /** Whether it was trained on instructions, and is asked by its template. */
  instructions: boolean
}
