/// <reference path="./optional-packages.d.ts" />

import * as tf from '@tensorflow/tfjs-core'
import { builtin } from '@tinystories/utils/node'
import { BackendError } from './errors.ts'
import { fillWasmKernels } from './fill-wasm-kernels.ts'
import { loadError } from './load-error.ts'
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
  /** Threads of the wasm backend in a cross-origin isolated page (default: tfjs's choice). In Node there is one. */
  threads?: number
}

const backendNames: readonly BackendName[] = ['wasm', 'cpu', 'node', 'node-gpu', 'webgpu']
const isNode = typeof process !== 'undefined' && process.versions?.node != null

/**
 * Registers the gradients (`registerGradients`), imports the backend's package, fills the kernels that it lacks and
 * makes it the current tfjs backend. A backend that is set up already is kept as it is, so calling this again is cheap.
 *
 * @throws BackendError when the package is not installed, does not load or does not start
 */
export async function useBackend(name: BackendName, options: UseBackendOptions = {}): Promise<void> {
  registerGradients()
  switch (name) {
    case 'cpu':
      try {
        await import('@tensorflow/tfjs-backend-cpu')
      } catch (cause) {
        throw loadError(name, '@tensorflow/tfjs-backend-cpu', cause)
      }
      await activate(name, 'cpu', '@tensorflow/tfjs-backend-cpu')
      greetSilently()
      return
    case 'wasm':
      return useWasm(options)
    case 'webgpu':
      if (isNode) await (await import('./node-packages.ts')).prepareNodeWebGpu()
      try {
        await import('@tensorflow/tfjs-backend-webgpu')
      } catch (cause) {
        throw loadError(name, '@tensorflow/tfjs-backend-webgpu', cause)
      }
      return activate(name, 'webgpu', '@tensorflow/tfjs-backend-webgpu')
    case 'node':
    case 'node-gpu':
      return useTensorFlow(name)
    default:
      throw new BackendError('unknown-backend', { backend: String(name), known: backendNames })
  }
}

/** What tfjs-node's backend says of itself. */
interface TensorFlowBackend {
  isGPUPackage?: boolean
  isUsingGpuDevice?: boolean
}

/** tfjs-node and tfjs-node-gpu register the same backend, `tensorflow`. */
async function useTensorFlow(name: 'node' | 'node-gpu'): Promise<void> {
  const { importTensorFlow } = await import('./node-packages.ts')
  const found = (): TensorFlowBackend | null => tf.findBackend('tensorflow') as TensorFlowBackend | null
  const loaded = found()?.isGPUPackage
  if (loaded !== undefined && loaded !== (name === 'node-gpu'))
    throw new BackendError('already-loaded', { backend: name, loaded: loaded ? 'node-gpu' : 'node' })
  prepareTensorFlow()
  const packageName = await importTensorFlow(name)
  // The package has just registered tfjs's own.
  registerGradients()
  await activate(name, 'tensorflow', packageName)
  if (name === 'node-gpu' && found()?.isUsingGpuDevice === false)
    throw new BackendError('no-gpu', { backend: name, package: packageName })
}

async function useWasm({ wasmPaths, threads }: UseBackendOptions): Promise<void> {
  const packageName = '@tensorflow/tfjs-backend-wasm'
  let wasm: typeof import('@tensorflow/tfjs-backend-wasm')
  try {
    wasm = await import('@tensorflow/tfjs-backend-wasm')
  } catch (cause) {
    throw loadError('wasm', packageName, cause)
  }
  if (tf.engine().registry.wasm == null) {
    const folder = wasmPaths ?? (isNode ? wasmFolder() : undefined)
    if (folder != null) wasm.setWasmPaths(folder)
    if (threads != null) wasm.setThreadsCount(threads)
  }
  fillWasmKernels()
  await withoutNewProcessListeners(() => activate('wasm', 'wasm', packageName))
}

async function activate(backend: string, tfjsName: string, packageName: string): Promise<void> {
  if ((await tf.setBackend(tfjsName)) !== true)
    throw new BackendError('does-not-start', { backend, package: packageName })
  await tf.ready()
}

/** In Node, tfjs's cpu backend prints an advertisement with its first tensor, but not in a test. */
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

/**
 * tfjs-node 4.22 calls two helpers of `node:util` that Node 23 removed and earlier versions warn about; and TensorFlow
 * prints what it finds about the processor, unless its own variable is set.
 */
function prepareTensorFlow(): void {
  const util = builtin('node:util') as {
    isNullOrUndefined?(value: unknown): boolean
    isArray?(value: unknown): boolean
  }
  util.isNullOrUndefined = value => value === null || value === undefined
  util.isArray = Array.isArray
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
}
