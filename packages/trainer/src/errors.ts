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

/** Why something could not be written, and what to do. `what` names the thing, `path` its place. */
export function describeWriteFailure(what: string, path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `Disk full: ${what} ${path} could not be written. Earlier checkpoints are untouched: free some space and resume.`
    case 'EROFS':
      return `${what} ${path} is on a read-only file system. Choose another folder.`
    case 'EACCES':
    case 'EPERM':
      return `No permission: ${what} ${path} could not be written. Change its permissions or choose another folder.`
    default:
      return `${what} ${path} could not be written: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The loss or the gradient stopped being a number. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError'
  readonly step: number
  /** Number of the batch in the order of the data, from 1. */
  readonly batch: number
  readonly largestGradient: { parameter: string; norm: number }

  constructor(
    message: string,
    place: { step: number; batch: number; largestGradient: { parameter: string; norm: number } },
  ) {
    super(message)
    this.step = place.step
    this.batch = place.batch
    this.largestGradient = place.largestGradient
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
