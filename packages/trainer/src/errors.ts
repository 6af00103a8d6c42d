/** A checkpoint could not be written, read or used. The message names the folder and the remedy. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  readonly folder: string

  constructor(message: string, folder: string, options?: ErrorOptions) {
    super(message, options)
    this.folder = folder
  }

  static isInstance(error: unknown): error is CheckpointError {
    return error instanceof Error && error.name === 'CheckpointError'
  }
}

/** The loss or the gradient stopped being a number. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError'
  readonly step: number

  constructor(message: string, step: number) {
    super(message)
    this.step = step
  }

  static isInstance(error: unknown): error is DivergedError {
    return error instanceof Error && error.name === 'DivergedError'
  }
}

/** The data gave no batch to train on. */
export class NoDataError extends Error {
  override readonly name = 'NoDataError'

  static isInstance(error: unknown): error is NoDataError {
    return error instanceof Error && error.name === 'NoDataError'
  }
}

/** An engine failed in its work, such as a worker thread that ended. */
export class EngineError extends Error {
  override readonly name = 'EngineError'

  static isInstance(error: unknown): error is EngineError {
    return error instanceof Error && error.name === 'EngineError'
  }
}
