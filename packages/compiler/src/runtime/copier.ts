import { writeCopy } from '../graph/onnx-writer.ts'
import type { TensorSpec } from '../tree.ts'
import type { OrtSession, OrtTensor } from './ort-session.ts'

/** Copies tensors to the device and back by graphs that do only that, for ONNX Runtime gives Node no other way. */
export class Copier {
  readonly #createSession: (model: Uint8Array, kept: readonly string[]) => Promise<OrtSession>
  /** Types of elements that the device keeps. */
  readonly #types: ReadonlySet<string>
  readonly #sessions = new Map<string, Promise<OrtSession>>()

  constructor(
    createSession: (model: Uint8Array, kept: readonly string[]) => Promise<OrtSession>,
    types: readonly TensorSpec['dtype'][],
  ) {
    this.#createSession = createSession
    this.#types = new Set(types)
  }

  takes(type: string): boolean {
    return this.#types.has(type)
  }

  /**
   * @param tensor here or on the device
   * @param into a tensor on the device to write over, where ONNX Runtime can. Default: a new one is made
   */
  async toDevice(tensor: OrtTensor, into: OrtTensor | null = null): Promise<OrtTensor> {
    const session = await this.#session(tensor.type, 'to device')
    return (await session.run({ x: tensor }, { y: into })).y!
  }

  async fromDevice(tensor: OrtTensor): Promise<OrtTensor> {
    const session = await this.#session(tensor.type, 'from device')
    return (await session.run({ x: tensor }, { y: null })).y!
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release()
    this.#sessions.clear()
  }

  #session(type: string, way: 'to device' | 'from device'): Promise<OrtSession> {
    const key = `${type} ${way}`
    const known = this.#sessions.get(key)
    if (known) return known
    const made = this.#createSession(writeCopy(type as TensorSpec['dtype']), way === 'to device' ? ['y'] : [])
    this.#sessions.set(key, made)
    return made
  }
}
