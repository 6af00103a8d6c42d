import type { KernelConfig, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs-core'
import { registerKernel, UnsortedSegmentSum, util } from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.ts'

/**
 * `UnsortedSegmentSum`, which is the gradient of an embedding lookup: row i of x [n, ...] is added to row
 * segmentIds[i] of the result [numSegments, ...]. A negative id drops its row, as in TensorFlow.
 */
export function registerSegmentSum(): void {
  const config: KernelConfig = {
    kernelName: UnsortedSegmentSum,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const wasm = backend as WasmBackend
      const x = inputs.x!
      const segmentIds = inputs.segmentIds!
      const { numSegments } = attrs as unknown as UnsortedSegmentSumAttrs
      const inner = util.sizeFromShape(x.shape.slice(segmentIds.shape.length))
      const out = wasm.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype)
      // Views come after the allocation: growing the heap detaches older ones.
      const from = wasm.typedArrayFromHeap(x)
      const ids = wasm.typedArrayFromHeap(segmentIds)
      const to = wasm.typedArrayFromHeap(out).fill(0)
      for (let row = 0; row < ids.length; row++) {
        const id = ids[row]!
        if (id < 0 || id >= numSegments) continue
        const source = row * inner
        const target = id * inner
        for (let j = 0; j < inner; j++) to[target + j]! += from[source + j]!
      }
      return out
    },
  }
  registerKernel(config)
}
