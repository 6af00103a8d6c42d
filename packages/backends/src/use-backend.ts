/// <reference path="./optional-packages.d.ts" />
import * as tf from '@tensorflow/tfjs-core'
import { fillWasmKernels } from './fill-wasm-kernels.ts'
import { loadOptional } from './load-optional.ts'
import { MissingBackendError } from './missing-backend-error.ts'
import { prepareNodeWebGpu } from './node-webgpu.ts'
import { withoutNewProcessListeners } from './process-listeners.ts'
import { registerGradients } from './register-gradients.ts'
import { wasmFolder } from './wasm-folder.ts'

/** Backends by the names of this package; `node` and `node-gpu` are both called `tensorflow` inside tfjs. */
export type BackendName = 'wasm' | 'cpu' | 'node' | 'node-gpu' | 'webgpu'

/** Options of {@link useBackend}. */
export interface UseBackendOptions {
  /**
   * Where the `.wasm` files of tfjs-backend-wasm lie: a folder or URL with its closing slash, or the URL of each file
   * by its name. Default: in Node the installed package's own folder, in a page next to the bundle.
   */
  wasmPaths?: string | Record<string, string>
  /** Threads of the wasm backend in a cross-origin isolated page (default: tfjs' choice). Node always has one. */
  threads?: number
}

const isNode = typeof process !== 'undefined' && process.versions?.node != null

/**
 * Registers the gradients (`registerGradients`), imports the backend's package, fills the kernels it misses and
 * makes it the tfjs backend in force. A backend already in use is kept as it is, so calling this again is cheap.
 * @throws MissingBackendError when the package is absent or does not start, saying what to install
 */
export async function useBackend(name: BackendName, options: UseBackendOptions = {}): Promise<void> {
  registerGradients()
  switch (name) {
    case 'cpu':
      await loadOptional(name, '@tensorflow/tfjs-backend-cpu', () => import('@tensorflow/tfjs-backend-cpu'))
      await activate(name, 'cpu', '@tensorflow/tfjs-backend-cpu')
      greetSilently()
      return
    case 'wasm':
      return useWasm(options)
    case 'webgpu':
      if (isNode) await prepareNodeWebGpu()
      await loadOptional(
        name,
        '@tensorflow/tfjs-backend-webgpu',
        () => import('@tensorflow/tfjs-backend-webgpu'),
      )
      return activate(name, 'webgpu', '@tensorflow/tfjs-backend-webgpu')
    case 'node':
      await fillNodeUtil()
      await loadOptional(name, '@tensorflow/tfjs-node', () => import('@tensorflow/tfjs-node'))
      return activate(name, 'tensorflow', '@tensorflow/tfjs-node')
    case 'node-gpu':
      await fillNodeUtil()
      await loadOptional(name, '@tensorflow/tfjs-node-gpu', () => import('@tensorflow/tfjs-node-gpu'))
      return activate(name, 'tensorflow', '@tensorflow/tfjs-node-gpu')
    default:
      throw new TypeError(`There is no backend "${String(name)}": take wasm, cpu, node, node-gpu or webgpu`)
  }
}

async function useWasm({ wasmPaths, threads }: UseBackendOptions): Promise<void> {
  const packageName = '@tensorflow/tfjs-backend-wasm'
  const wasm = await loadOptional('wasm', packageName, () => import('@tensorflow/tfjs-backend-wasm'))
  if (tf.engine().registry.wasm == null) {
    const folder = wasmPaths ?? (isNode ? await wasmFolder() : undefined)
    if (folder != null) wasm.setWasmPaths(folder)
    if (threads != null) wasm.setThreadsCount(threads)
  }
  fillWasmKernels()
  await withoutNewProcessListeners(() => activate('wasm', 'wasm', packageName))
}

async function activate(name: string, tfjsName: string, packageName: string): Promise<void> {
  if ((await tf.setBackend(tfjsName)) !== true) {
    const remedy = 'it is installed but does not start on this machine; take another backend'
    throw new MissingBackendError(name, packageName, { remedy })
  }
  await tf.ready()
}

/** In Node, tfjs' cpu backend greets its first tensor with an advertisement; let it do so to nobody. */
function greetSilently(): void {
  const environment = tf.env()
  const before = environment.getBool('IS_TEST')
  environment.set('IS_TEST', true)
  try {
    tf.dispose(tf.scalar(0))
  } finally {
    environment.set('IS_TEST', before)
  }
}

/** tfjs-node 4.22 calls a helper that Node 23 removed. */
async function fillNodeUtil(): Promise<void> {
  const { default: util } = (await import('node:util')) as unknown as {
    default: { isNullOrUndefined?: (value: unknown) => boolean }
  }
  util.isNullOrUndefined ??= value => value === null || value === undefined
}
