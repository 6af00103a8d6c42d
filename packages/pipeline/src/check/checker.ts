/** What `repair` does about a problem: it removes the file, or cuts off the half-written last line. */
export type Repair = 'remove' | 'cut-line'

/** Something wrong on disk. */
export interface CheckProblem {
  /** The file or folder. */
  path: string
  /** What is wrong. The errors of the readers have a code, and name the place inside the file and what was expected. */
  error: unknown
  /** Undefined where only making the file again helps. */
  repair: Repair | undefined
  /** Whether that was done. */
  repaired: boolean
}

/** What kinds of things are checked. */
export type CheckedKind =
  | 'run'
  | 'checkpoint'
  | 'model'
  | 'token shards'
  | 'gradings'
  | 'synthesized stories'
  | 'replies of a judge'
  | 'files of the hub'
  | 'sweep'

/** What a {@link Checker} reports to. */
export interface CheckContext {
  /** Something was checked, whole or not. */
  count(kind: CheckedKind, number?: number): void
  /** Something is wrong. */
  report(path: string, error: unknown, repair?: Repair): void
  /** Does the work; what it throws is reported. Gives undefined then. */
  attempt<T>(path: string, work: () => Promise<T> | T): Promise<T | undefined>
  signal: AbortSignal | undefined
}

/** Checks folders of one kind. */
export interface Checker {
  /** Whether a folder is of this kind, by the names in it. */
  matches(names: ReadonlySet<string>, folder: string): boolean | Promise<boolean>
  check(folder: string, context: CheckContext, names: ReadonlySet<string>): Promise<void>
}
