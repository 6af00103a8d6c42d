/** Where a model comes from. */
export type ModelSource =
  | { kind: 'shipped'; id: string }
  /** The files of a model's folder. */
  | { kind: 'files'; name: string; files: Record<string, Blob> }
  /** A published model: `owner/name`, `owner/name@revision`, or its address on the hub. */
  | { kind: 'hub'; name: string }
  /** A run of this browser, at its newest checkpoint. */
  | { kind: 'run'; name: string; id: string }
  /** A model that learns, after so many steps. */
  | { kind: 'learning'; name: string; step: number }
  /** A model that is kept in this browser. */
  | { kind: 'kept'; name: string; key: string }

/** What the page shows about an open model. */
export interface ModelInfo {
  name: string
  /** Whether its files were put into the browser's storage when it was opened. */
  isKept: boolean
  parameters: number
  layers: number
  heads: number
  hiddenSize: number
  mlpSize: number
  contextLength: number
  vocabSize: number
  /** Whether its tokenizer is known to be its own; without a hash only the sizes were compared. */
  tokenizerIsKnown: boolean
  /** Whether it was trained on instructions, and is asked by its template. */
  instructions: boolean
}

/** Of a download, in bytes; `total` is 0 where it is not known. */
export interface OpenProgress {
  bytes: number
  total: number
}
