/** Thrown when a backend's package is not installed, or is there and does not start; the message says what to do. */
export class MissingBackendError extends Error {
  override readonly name = 'MissingBackendError'
  /** The npm package that is missing or does not start. */
  readonly packageName: string

  constructor(backend: string, packageName: string, options: { remedy: string; cause?: unknown }) {
    super(`The ${backend} backend needs ${packageName}: ${options.remedy}`, { cause: options.cause })
    this.packageName = packageName
  }

  static isInstance(error: unknown): error is MissingBackendError {
    return error instanceof Error && error.name === 'MissingBackendError'
  }
}
