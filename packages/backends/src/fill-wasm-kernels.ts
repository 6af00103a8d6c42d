import { getKernel } from '@tensorflow/tfjs-core'
import { registerEinsum } from './wasm/einsum.ts'
import { registerMatMul } from './wasm/matmul.ts'
import { registerSegmentSum } from './wasm/segment-sum.ts'

let filled = false

/**
 * Gives the wasm backend the kernels that training needs and it lacks (`UnsortedSegmentSum`, `Einsum`), and a
 * `BatchMatMul` that is fast for transposed and batched operands. Call it once `@tensorflow/tfjs-backend-wasm`
 * is imported; more calls change nothing. `useBackend('wasm')` does it for you.
 */
export function fillWasmKernels(): void {
  if (filled || getKernel('BatchMatMul', 'wasm') == null) return
  filled = true
  registerMatMul()
  // A later tfjs may bring these itself.
  if (getKernel('UnsortedSegmentSum', 'wasm') == null) registerSegmentSum()
  if (getKernel('Einsum', 'wasm') == null) registerEinsum()
}
