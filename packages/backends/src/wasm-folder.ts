/** The folder, with its closing slash, of the `.wasm` files of the tfjs-backend-wasm that is installed (Node only). */
export async function wasmFolder(): Promise<string> {
  const [{ createRequire }, { dirname, sep }] = await Promise.all([
    import('node:module'),
    import('node:path'),
  ])
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  return dirname(entry) + sep
}
