/** Stories cannot be made, or not be written: says where and what to do. */
export class StoryMakingError extends Error {
  override readonly name = 'StoryMakingError'

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is StoryMakingError {
    return error instanceof Error && error.name === 'StoryMakingError'
  }
}
