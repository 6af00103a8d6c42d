/** The parts of a {@link StorySourceError}. */
export interface StorySourceProblem {
  /** File, address or name of the source. */
  source: string
  /** What is wrong, as the middle of a sentence. */
  problem: string
  /** Where in the source, such as `line 12` or `byte 5120`. */
  place?: string
  /** What the person can do about it, as a sentence. */
  remedy: string
  /** The error beneath, where there is one. */
  cause?: unknown
}

/** Stories cannot be read: names the source, the place in it, and the remedy. */
export class StorySourceError extends Error {
  override readonly name = 'StorySourceError'
  readonly source: string
  readonly place: string | undefined
  readonly remedy: string

  constructor({ source, problem, place, remedy, cause }: StorySourceProblem) {
    super(`${source}${place === undefined ? '' : `, ${place}`}: ${problem}. ${remedy}`, { cause })
    this.source = source
    this.place = place
    this.remedy = remedy
  }

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is StorySourceError {
    return error instanceof Error && error.name === 'StorySourceError'
  }
}

/** A state cannot be resumed because another recipe, or another file, made it. */
export class StreamStateError extends Error {
  override readonly name = 'StreamStateError'

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is StreamStateError {
    return error instanceof Error && error.name === 'StreamStateError'
  }
}
