/** What kind of mistake a `CompilerError` reports. */
export type CompilerErrorCode =
  /** The traced function uses a tfjs kernel that has no translation. */
  | 'unsupported-kernel'
  /** The traced function reads a value, which does not exist before the graph runs. */
  | 'read-while-tracing'
  /** The traced function uses a tensor from outside, whose value would be frozen into the graph. */
  | 'captured-tensor'
  /** The traced function draws random numbers, which would be frozen into the graph. */
  | 'frozen-random'
  /** A type of element that the operation or the compiler does not take. */
  | 'dtype'
  /** Arguments of a public function that do not fit. */
  | 'invalid-argument'
  /** onnxruntime-node is not installed, or does not load. */
  | 'missing-package'
  /** An execution provider of ONNX Runtime that is not to be had here: the message says what it needs. */
  | 'missing-provider'
  /** ONNX Runtime refused the graph or failed while running it. */
  | 'runtime'
  /** The runtime or compiled function was disposed of, or its worker thread ended. */
  | 'disposed'

/** The error of this package: `code` for programs, the message (what, where, what to do) for people. */
export class CompilerError extends Error {
  override readonly name = 'CompilerError'
  readonly code: CompilerErrorCode

  constructor(code: CompilerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  static isInstance(error: unknown): error is CompilerError {
    return error instanceof Error && error.name === 'CompilerError'
  }
}
