import tfjs from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import tfjsSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?packed'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?packed'
import { download } from '../models/download.ts'

/** Addresses are relative to the page's folder or to this file, but fetched from a worker: whole ones never mislead. */
const whole = (url: string): string => new URL(url, import.meta.url).href

const ort = {
  wasm: { mjs: whole(mjs), wasm: whole(wasm) },
  webgpu: { mjs: whole(gpuMjs), wasm: whole(gpuWasm) },
}

type OrtBuild = keyof typeof ort

/** Those of this worker, by build. */
const unpacked = new Map<OrtBuild, string>()

/**
 * The files of one build of ONNX Runtime, for `createRuntime`.
 *
 * @throws PageError `not-loaded`
 */
export async function ortFiles(
  build: OrtBuild,
): Promise<Partial<Record<OrtBuild, { mjs: string; wasm: string }>>> {
  const { mjs, wasm: packed } = ort[build]
  const wasm = unpacked.get(build) ?? URL.createObjectURL(await unpack(packed))
  unpacked.set(build, wasm)
  return { [build]: { mjs, wasm } }
}

async function unpack(url: string): Promise<Blob> {
  const stream = (await download(url)).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream, { headers: { 'content-type': 'application/wasm' } }).blob()
}

/** The files of tfjs' wasm backend, for `useBackend`. */
export const tfjsFiles: Record<string, string> = {
  'tfjs-backend-wasm.wasm': whole(tfjs),
  'tfjs-backend-wasm-simd.wasm': whole(tfjsSimd),
  // tfjs wants to know of it; `startTfjs` leaves threads out.
  'tfjs-backend-wasm-threaded-simd.wasm': whole(tfjsSimd),
}
