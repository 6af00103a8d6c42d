import type { BatchMatMulAttrs, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core'
import {
  BatchMatMul,
  broadcast_util,
  getKernel,
  registerKernel,
  unregisterKernel,
  util,
} from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.ts'

const FLOAT_BYTES = 4
/**
 * Where tfjs' plain loop is faster: packing an operand for XNNPACK costs as much as a few rows of the product,
 * and a call costs as much as some thousand multiplications.
 */
const FEW_ROWS = 8
const SMALL_PRODUCT = 8192

type Call = (...args: unknown[]) => void
const calls = new WeakMap<object, Call>()
const shapeBytes = (shape: number[]): Uint8Array => new Uint8Array(Int32Array.from(shape).buffer)

/**
 * Replaces the wasm backend's `BatchMatMul`. Its C++ kernel is fast (XNNPACK) only for one product of two
 * operands that are not transposed; everything else runs a scalar loop 10 to 70 times slower. So an operand is
 * transposed first, and the products of a batch are done one after another on views of the operands' memory.
 */
export function registerMatMul(): void {
  const original = getKernel(BatchMatMul, 'wasm')
  unregisterKernel(BatchMatMul, 'wasm')
  const config: KernelConfig = {
    kernelName: BatchMatMul,
    backendName: 'wasm',
    // The original still serves small products, so its set-up is still needed.
    ...(original.setupFunc && { setupFunc: original.setupFunc }),
    kernelFunc: args => {
      const { transposeA, transposeB } = args.attrs as unknown as BatchMatMulAttrs
      const a = args.inputs.a!
      const b = args.inputs.b!
      const [rows, inner] = matrixOf(a, transposeA)
      const [innerB, columns] = matrixOf(b, transposeB)
      const batchesA = a.shape.slice(0, -2)
      const batchesB = b.shape.slice(0, -2)
      const simple =
        util.arraysEqual(batchesA, batchesB) ||
        util.sizeFromShape(batchesA) === 1 ||
        util.sizeFromShape(batchesB) === 1
      if (
        a.dtype !== 'float32' ||
        b.dtype !== 'float32' ||
        inner !== innerB ||
        rows < FEW_ROWS ||
        rows * inner * columns < SMALL_PRODUCT ||
        !simple
      ) {
        return original.kernelFunc(args)
      }
      const wasm = args.backend as WasmBackend
      const left = transposeA ? transposed(a, wasm) : a
      const right = transposeB ? transposed(b, wasm) : b
      const batches = broadcast_util.assertAndGetBroadcastShape(batchesA, batchesB)
      const out = wasm.makeOutput([...batches, rows, columns], 'float32')
      multiplyBatches(wasm, left, right, out, [rows, inner, columns])
      if (left !== a) wasm.disposeData(left.dataId)
      if (right !== b) wasm.disposeData(right.dataId)
      return out
    },
  }
  registerKernel(config)
}

/** Rows and columns of an operand's matrices, after its transposition. */
function matrixOf({ shape }: TensorInfo, transpose: boolean): [number, number] {
  const [m, n] = shape.slice(-2) as [number, number]
  return transpose ? [n, m] : [m, n]
}

function transposed(x: TensorInfo, backend: WasmBackend): TensorInfo {
  const rank = x.shape.length
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2))
  return getKernel('Transpose', 'wasm').kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as TensorInfo
}

function multiplyBatches(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  out: TensorInfo,
  [rows, inner, columns]: [number, number, number],
): void {
  const { wasm, dataIdMap } = backend
  let call = calls.get(wasm)
  if (!call) {
    call = wasm.cwrap(BatchMatMul, null, [
      'number',
      'array',
      'number',
      'number',
      'array',
      'number',
      'number',
      'number',
      'number',
    ])
    calls.set(wasm, call)
  }
  const operands = (
    [
      [a, rows * inner],
      [b, inner * columns],
      [out, rows * columns],
    ] as const
  ).map(([tensor, size]) => ({
    size,
    offset: dataIdMap.get(tensor.dataId).memoryOffset,
    // An operand with a single matrix serves every batch.
    stride: util.sizeFromShape(tensor.shape) === size ? 0 : size * FLOAT_BYTES,
  }))
  const shapeA = shapeBytes([1, rows, inner])
  const shapeB = shapeBytes([1, inner, columns])
  const batches = util.sizeFromShape(out.shape) / (rows * columns)
  for (let batch = 0; batch < batches; batch++) {
    // Fresh ids from the backend's own counter: XNNPACK keeps packed weights by id until the id is disposed of.
    const ids = operands.map(({ size, offset, stride }) => {
      const id = backend.dataIdNextNumber++
      wasm.tfjs.registerTensor(id, size, offset + batch * stride)
      return id
    })
    call(ids[0], shapeA, 3, ids[1], shapeB, 3, 0, 0, ids[2])
    // Takes the view off the books (and its packed weights with it); the memory stays with its tensor.
    for (const id of ids) wasm.tfjs.disposeData(id)
  }
}
