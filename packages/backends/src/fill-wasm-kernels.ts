import { getKernel } from '@tensorflow/tfjs-core'
import { registerEinsum } from './wasm/einsum.ts'
import { registerMatMul } from './wasm/matmul.ts'
import { registerSegmentSum } from './wasm/segment-sum.ts'
import { registerSum } from './wasm/sum.ts'
import { registerTranspose } from './wasm/transpose.ts'

let filled = false

/**
 * Gives the wasm backend the kernels that training needs and it lacks (`UnsortedSegmentSum`, `Einsum`), and faster ones
 * where its own are slow: products with a transposed or batched operand, transpositions, sums over other axes than the
 * last. Call it once `@tensorflow/tfjs-backend-wasm`
 * is imported; more calls change nothing. `useBackend('wasm')` does it for you.
 */
export function fillWasmKernels(): void {
  if (filled || getKernel('BatchMatMul', 'wasm') == null) return
  filled = true
  registerMatMul()
  registerTranspose()
  registerSum()
  // A later tfjs may bring these itself.
  if (getKernel('UnsortedSegmentSum', 'wasm') == null) registerSegmentSum()
  if (getKernel('Einsum', 'wasm') == null) registerEinsum()
}
