import type { TensorData, TensorSpec } from '../tree.ts'
import type { Copier } from './copier.ts'
import type { SessionOptions } from './messages.ts'

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

/** What the worker needs of an ONNX Runtime. Everything is on one provider, and on the CPU what that does not know. */
export interface Ort {
  /** For a device with a memory of its own: copies to it and back. */
  readonly copier?: Copier
  /** Whether a run writes over the tensors on the device that it is given for its outputs; otherwise it makes new ones. */
  readonly fills?: boolean
  /** @param kept the outputs that stay on the device */
  createSession(
    model: Uint8Array,
    options: Partial<SessionOptions>,
    kept: readonly string[],
  ): Promise<OrtSession>
  /** A tensor over the array's own memory. */
  tensor(data: TensorData, spec: TensorSpec): OrtTensor
  /** Frees what is shared by all sessions, which must be released before. */
  release(): Promise<void> | void
}
