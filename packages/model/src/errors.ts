/** A configuration that cannot be built. The message names the field, its value and what would do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  static isInstance(error: unknown): error is ConfigError {
    return error instanceof Error && error.name === 'ConfigError'
  }
}

/** A model file that cannot be read or does not fit its configuration. Names the file or tensor and the remedy. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError'

  static isInstance(error: unknown): error is ModelFileError {
    return error instanceof Error && error.name === 'ModelFileError'
  }
}

/** A prompt or an option that generation cannot work with. */
export class GenerationError extends Error {
  override readonly name = 'GenerationError'

  static isInstance(error: unknown): error is GenerationError {
    return error instanceof Error && error.name === 'GenerationError'
  }
}
