/** Stories cannot be made, or not be written: says where and what to do. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError'

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is SynthesisError {
    return error instanceof Error && error.name === 'SynthesisError'
  }
}
