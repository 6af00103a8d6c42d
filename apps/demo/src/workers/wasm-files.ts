import tfjs from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import tfjsSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'

/** Addresses are relative to the page's folder or to this file, but fetched from a worker: whole ones never mislead. */
const whole = (url: string): string => new URL(url, import.meta.url).href

/** The files of ONNX Runtime, for `createRuntime`. */
export const ortFiles = {
  wasm: { mjs: whole(mjs), wasm: whole(wasm) },
  webgpu: { mjs: whole(gpuMjs), wasm: whole(gpuWasm) },
}

/** The files of tfjs' wasm backend, for `useBackend`. */
export const tfjsFiles: Record<string, string> = {
  'tfjs-backend-wasm.wasm': whole(tfjs),
  'tfjs-backend-wasm-simd.wasm': whole(tfjsSimd),
  // tfjs wants to know of it; `startTfjs` leaves threads out.
  'tfjs-backend-wasm-threaded-simd.wasm': whole(tfjsSimd),
}
