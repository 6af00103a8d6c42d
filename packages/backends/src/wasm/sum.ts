import type { KernelConfig, SumAttrs } from '@tensorflow/tfjs-core'
import { backend_util, getKernel, registerKernel, Sum, unregisterKernel, util } from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.ts'

/**
 * Replaces the wasm backend's `Sum` over axes that are not the last, such as the gradient of a bias. The original
 * transposes the whole tensor first; here the rows are added up as they lie, in double precision.
 */
export function registerSum(): void {
  const original = getKernel(Sum, 'wasm')
  unregisterKernel(Sum, 'wasm')
  const config: KernelConfig = {
    kernelName: Sum,
    backendName: 'wasm',
    // The original still serves sums over the last axis, so its set-up is still needed.
    ...(original.setupFunc && { setupFunc: original.setupFunc }),
    kernelFunc: args => {
      const { axis, keepDims } = args.attrs as unknown as SumAttrs
      const x = args.inputs.x!
      const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b)
      const [first, last] = [axes[0] ?? -1, axes.at(-1) ?? -1]
      const together = last - first + 1 === axes.length
      const inner = util.sizeFromShape(x.shape.slice(last + 1))
      if (x.dtype !== 'float32' || axes.length === 0 || !together || inner === 1)
        return original.kernelFunc(args)

      const wasm = args.backend as WasmBackend
      const [outShape] = backend_util.computeOutAndReduceShapes(x.shape, axes)
      const shape = keepDims ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape
      const out = wasm.makeOutput(shape, 'float32')
      // Views come after the allocation: growing the heap detaches older ones.
      const from = wasm.typedArrayFromHeap(x) as Float32Array
      const to = wasm.typedArrayFromHeap(out) as Float32Array
      const outer = util.sizeFromShape(x.shape.slice(0, first))
      const rows = util.sizeFromShape(x.shape.slice(first, last + 1))
      const sums = new Float64Array(inner)
      for (let i = 0; i < outer; i++) {
        sumOfRows(from.subarray(i * rows * inner, (i + 1) * rows * inner), sums)
        to.set(sums, i * inner)
      }
      return out
    },
  }
  registerKernel(config)
}

function sumOfRows(values: Float32Array, sums: Float64Array): void {
  sums.fill(0)
  for (let at = 0; at < values.length; at += sums.length) {
    for (let j = 0; j < sums.length; j++) sums[j]! += values[at + j]!
  }
}
