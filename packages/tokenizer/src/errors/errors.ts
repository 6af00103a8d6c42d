/** Every error this package throws on purpose: the message says what is wrong, where, and what to do. */
export class TokenizerError extends Error {
  override readonly name: string = 'TokenizerError'

  /** True for an error of this package, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is TokenizerError {
    return error instanceof Error && error.name === 'TokenizerError'
  }
}
