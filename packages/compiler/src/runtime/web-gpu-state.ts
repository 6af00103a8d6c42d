import type { Tensor } from 'onnxruntime-web'
import { CompilerError } from '../errors.ts'
import type { TensorData, TensorSpec } from '../tree.ts'
import type { Ort, WebState } from './web-state.ts'

/** What is used of a GPUBuffer. */
interface GraphicsBuffer {
  mapAsync(mode: number): Promise<void>
  getMappedRange(): ArrayBuffer
  unmap(): void
  destroy(): void
}

/** What is used of a GPUDevice. */
export interface GraphicsDevice {
  readonly lost: Promise<{ message: string; reason: string }>
  readonly queue: {
    writeBuffer(buffer: GraphicsBuffer, offset: number, data: ArrayBufferView): void
    submit(commands: readonly unknown[]): void
  }
  createBuffer(descriptor: { size: number; usage: number }): GraphicsBuffer
  createCommandEncoder(): {
    copyBufferToBuffer(
      from: GraphicsBuffer,
      fromOffset: number,
      to: GraphicsBuffer,
      toOffset: number,
      size: number,
    ): void
    finish(): unknown
  }
}

// From the WebGPU specification.
const MAP_READ = 0x1
const COPY_SRC = 0x4
const COPY_DST = 0x8
const STORAGE = 0x80
const MAP_MODE_READ = 0x1
/** ONNX Runtime's shaders read whole vectors of four. */
const ALIGNMENT = 16

interface Slot {
  readonly spec: TensorSpec
  readonly bytes: number
  current: GraphicsBuffer
  currentTensor: Tensor
  spare?: GraphicsBuffer
  spareTensor?: Tensor
}

/** State on the graphics device: weights never travel. Graphs write into the spare buffer, then the two change places. */
export class GpuState implements WebState {
  readonly #ort: Ort
  readonly #device: GraphicsDevice
  readonly #slots = new Map<string, Slot>()
  /** State that was written before any graph gave its shape. */
  readonly #unshaped = new Map<string, TensorData>()

  constructor(ort: Ort, device: GraphicsDevice) {
    this.#ort = ort
    this.#device = device
  }

  write(name: string, data: TensorData): void {
    const slot = this.#slots.get(name)
    if (slot) this.#upload(slot.current, data)
    else this.#unshaped.set(name, data.slice())
  }

  async read(name: string): Promise<TensorData> {
    const slot = this.#slots.get(name)
    if (!slot) return this.#unshaped.get(name)!.slice()
    const { current, bytes, spec } = slot
    const size = padded(bytes)
    const copy = this.#device.createBuffer({ size, usage: MAP_READ | COPY_DST })
    const encoder = this.#device.createCommandEncoder()
    encoder.copyBufferToBuffer(current, 0, copy, 0, size)
    this.#device.queue.submit([encoder.finish()])
    try {
      await copy.mapAsync(MAP_MODE_READ)
      const mapped = copy.getMappedRange().slice(0, bytes)
      return spec.dtype === 'float32' ? new Float32Array(mapped) : new Int32Array(mapped)
    } finally {
      copy.destroy()
    }
  }

  adopt(name: string, spec: TensorSpec, { written = false }: { written?: boolean } = {}): void {
    let slot = this.#slots.get(name)
    if (!slot) {
      const data = this.#unshaped.get(name)!
      if (spec.dtype === 'bool')
        throw new CompilerError('invalid-array', {
          role: 'state',
          name,
          found: 'bool',
          expected: 'float32 or int32 on WebGPU',
        })
      const current = this.#buffer(data.byteLength)
      this.#upload(current, data)
      slot = { spec, bytes: data.byteLength, current, currentTensor: this.#tensor(current, spec) }
      this.#slots.set(name, slot)
      this.#unshaped.delete(name)
    }
    if (written && !slot.spare) {
      slot.spare = this.#buffer(slot.bytes)
      slot.spareTensor = this.#tensor(slot.spare, spec)
    }
  }

  current(name: string): Tensor {
    return this.#slots.get(name)!.currentTensor
  }

  target(name: string): Tensor {
    return this.#slots.get(name)!.spareTensor!
  }

  replace(name: string): void {
    const slot = this.#slots.get(name)!
    const { current, currentTensor } = slot
    slot.current = slot.spare!
    slot.currentTensor = slot.spareTensor!
    slot.spare = current
    slot.spareTensor = currentTensor
  }

  dispose(): void {
    for (const { current, spare } of this.#slots.values()) {
      current.destroy()
      spare?.destroy()
    }
    this.#slots.clear()
    this.#unshaped.clear()
  }

  #buffer(bytes: number): GraphicsBuffer {
    return this.#device.createBuffer({ size: padded(bytes), usage: STORAGE | COPY_SRC | COPY_DST })
  }

  #upload(buffer: GraphicsBuffer, data: TensorData): void {
    this.#device.queue.writeBuffer(buffer, 0, data)
  }

  #tensor(buffer: GraphicsBuffer, { dtype, shape }: TensorSpec): Tensor {
    return this.#ort.Tensor.fromGpuBuffer(buffer as never, {
      dataType: dtype as 'float32' | 'int32',
      dims: [...shape],
    })
  }
}

function padded(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT
}
