/** The parts of a {@link GraderInputError}. */
export interface GraderInputProblem {
  /** What was read: a file, a rubric, a journal, an option. */
  source: string
  /** Where in it, such as `line 12`. */
  place?: string
  /** What is wrong, as the middle of a sentence. */
  problem: string
  /** What the person can do about it, as a sentence. */
  remedy: string
  cause?: unknown
}

/** Something given to the grader cannot be used: names the source, the place in it, and the remedy. */
export class GraderInputError extends Error {
  override readonly name = 'GraderInputError'
  readonly source: string
  readonly place: string | undefined
  readonly remedy: string

  constructor({ source, place, problem, remedy, cause }: GraderInputProblem) {
    super(`${source}${place === undefined ? '' : `, ${place}`}: ${problem}. ${remedy}`, { cause })
    this.source = source
    this.place = place
    this.remedy = remedy
  }

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is GraderInputError {
    return error instanceof Error && error.name === 'GraderInputError'
  }
}

/** The judge cannot be reached or does not answer: what was graded until then is kept in the journal. */
export class JudgeFailedError extends Error {
  override readonly name = 'JudgeFailedError'

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is JudgeFailedError {
    return error instanceof Error && error.name === 'JudgeFailedError'
  }
}
