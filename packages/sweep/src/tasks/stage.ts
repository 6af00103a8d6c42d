import type { GenericSchema } from 'valibot'
import type { Cell } from '../spec/expand-cells.ts'
import type { Needs } from '../spec/sweep-spec.ts'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** What a stage gets to work with. */
export interface StageContext {
  cell: Cell
  /** Folder of its own, kept between attempts, so that an interrupted stage can resume. */
  folder: string
  /** Results of the stages it comes after, by their names. */
  results: Readonly<Record<string, Json>>
  /** Their folders. */
  folders: Readonly<Record<string, string>>
  signal: AbortSignal
  /** Reports progress from 0 to 1, with what is worth showing, such as the loss. */
  onProgress: (done: number, note?: string) => void
}

/** One kind of work that is done for each cell, such as `train`. */
export interface Stage {
  name: string
  /** Raised whenever what the stage computes changes, so that old results are not taken for new ones. */
  version: number
  /** Stages whose results it reads. */
  after: readonly string[]
  /** What decides its result besides the stages before it: equal settings are done once, whatever the cell. */
  settings(cell: Cell): Json
  /** What a saved result must be to be used; anything else counts as not done. Default: any JSON. */
  resultSchema?: GenericSchema
  /** Whether stages after it read its folder, and not only its result. Default false. */
  leavesFiles?: boolean
  /** Whether a cell goes through it. Default: every one does. */
  applies?(cell: Cell): boolean
  /** What it occupies while it runs. Default: one core, 1 GB, no GPU. */
  needs?(cell: Cell): Needs
  /**
   * Does the work and gives the result. Called again in the same folder after an interruption or a failure.
   *
   * @throws the signal's reason when it is aborted
   */
  run(context: StageContext): Promise<Json>
}
