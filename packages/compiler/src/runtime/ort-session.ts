/** A tensor as ONNX Runtime takes and gives it. */
export interface OrtTensor {
  readonly type: string
  readonly dims: readonly number[]
  /** `cpu` for values in the memory of JavaScript, `gpu-buffer` for a handle to what is on the device. */
  readonly location: string
  /** The values; reading them throws where they lie on the device. */
  readonly data: unknown
  /** Frees what is on the device. */
  dispose(): void
}

/** A graph that ONNX Runtime has loaded. */
export interface OrtSession {
  /**
   * @param fetches tensors to write outputs into, or null for those that ONNX Runtime makes itself
   * @returns all outputs
   */
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Readonly<Record<string, OrtTensor>>>
  release(): Promise<void>
}
