import { builtin } from '@tinystories/utils/node'

/** The folder, with its closing slash, of the `.wasm` files of the tfjs-backend-wasm that is installed (Node only). */
export function wasmFolder(): string {
  const { createRequire } = builtin('node:module')
  const { dirname, sep } = builtin('node:path')
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  return dirname(entry) + sep
}
