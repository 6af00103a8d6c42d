import type { TensorData, TensorSpec } from '../tree.ts'
import type { Copier } from './copier.ts'
import type { SessionOptions } from './messages.ts'
import type { OrtSession, OrtTensor } from './ort-session.ts'

export type { OrtSession, OrtTensor } from './ort-session.ts'

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
