/// <reference lib="dom" />
import { GenerationError } from '../errors/index.ts'
import { kernelBytes } from './kernel-bytes.ts'

/** What `assembly/kernels.ts` exports, where each function is described. Pointers count bytes. */
export interface Kernels {
  embed(token: number, position: number, y: number, stride: number): void
  normalize(x: number, y: number, rows: number, size: number, stride: number, epsilon: number): void
  linear(
    x: number,
    weight: number,
    bias: number,
    y: number,
    rows: number,
    inputs: number,
    xStride: number,
    outputs: number,
    add: number,
  ): void
  linearInt8(
    x: number,
    weight: number,
    scales: number,
    bias: number,
    y: number,
    rows: number,
    inputs: number,
    xStride: number,
    outputs: number,
    add: number,
    scratch: number,
  ): void
  gelu(x: number, count: number): void
  relu2(x: number, count: number): void
  swiglu(x: number, rows: number, half: number): void
  capped(x: number, count: number, cap: number): void
  normalizeHeads(x: number, scale: number, heads: number, headSize: number, epsilon: number): void
  rotate(x: number, cos: number, sin: number, heads: number, headSize: number, pairs: number): void
  mix(x: number, y: number, count: number, own: number, shared: number): void
  attend(
    qkv: number,
    keys: number,
    values: number,
    scores: number,
    y: number,
    heads: number,
    keyValueHeads: number,
    headSize: number,
    position: number,
    window: number,
  ): void
  largest(x: number, count: number): number
  weigh(x: number, y: number, count: number, highest: number, rate: number): number
  draw(weights: number, count: number, target: number): number
  collect(weights: number, count: number, least: number, places: number): number
}

/** The kernels with a memory of their own. */
export async function instantiateKernels(): Promise<{ kernels: Kernels; memory: Arena }> {
  const bytes = Uint8Array.from(atob(kernelBytes), character => character.charCodeAt(0))
  const memory = new WebAssembly.Memory({ initial: 1 })
  const abort = (): never => {
    throw new GenerationError('engine-failed', { reason: 'a kernel gave up' })
  }
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort } })
  return { kernels: instance.exports as unknown as Kernels, memory: new Arena(memory) }
}

const PAGE = 2 ** 16
/** Of a cache line: no two arrays share one. */
const ALIGNMENT = 64

/** Float32 arrays in the memory of the kernels, one behind the other. They stay as long as the memory. */
export class Arena {
  readonly #memory: WebAssembly.Memory
  // AssemblyScript keeps its own few constants below.
  #end = 1024

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
  }

  /**
   * Room for so many numbers, all 0.
   *
   * @returns where it begins, in bytes
   * @throws GenerationError `out-of-memory` when the machine, or the 4 GiB of WebAssembly, have no more
   */
  reserve(count: number): number {
    const start = this.#end
    const end = Math.ceil((start + 4 * count) / ALIGNMENT) * ALIGNMENT
    const missing = Math.ceil((end - this.#memory.buffer.byteLength) / PAGE)
    if (missing > 0) {
      try {
        this.#memory.grow(missing)
      } catch (cause) {
        throw new GenerationError('out-of-memory', { mebibytes: Math.ceil(end / 2 ** 20) }, { cause })
      }
    }
    this.#end = end
    return start
  }

  /** A copy of the numbers. @returns where it begins, in bytes */
  put(numbers: Float32Array | Int8Array): number {
    const start = this.reserve(Math.ceil(numbers.byteLength / 4))
    new Uint8Array(this.#memory.buffer).set(
      new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
      start,
    )
    return start
  }

  /** The numbers themselves. The view is good until more is reserved. */
  floats(start: number, count: number): Float32Array {
    return new Float32Array(this.#memory.buffer, start, count)
  }

  /** Copies bytes. */
  copy(from: number, to: number, bytes: number): void {
    new Uint8Array(this.#memory.buffer).copyWithin(to, from, from + bytes)
  }

  /** As {@link floats}, of places. */
  integers(start: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, start, count)
  }
}

/** Numbers that a row of so many takes: see `assembly/kernels.ts`. */
export function padded(count: number): number {
  return Math.ceil(count / 16) * 16
}
