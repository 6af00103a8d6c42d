/// <reference path="./optional-packages.d.ts" />
// The packages that only Node has. Bundles for pages leave this file out: see `browser` in package.json.
import { BackendError } from './errors.ts'
import { loadError } from './load-error.ts'

interface Adapter {
  info?: unknown
  requestAdapterInfo?: () => Promise<unknown>
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>
}

/**
 * Gives Node a `navigator.gpu` from the package `webgpu` (Dawn), which tfjs-backend-webgpu looks for as soon as it
 * is imported.
 * @throws BackendError when the package is not installed or finds no graphics adapter
 */
export async function prepareNodeWebGpu(): Promise<void> {
  const holder = globalThis as { navigator?: { gpu?: Gpu } }
  if (holder.navigator?.gpu) return
  const { create, globals } = await import('webgpu').catch(cause => {
    throw loadError('webgpu', 'webgpu', cause)
  })
  Object.assign(globalThis, globals)
  const gpu = create([]) as Gpu
  const adapter = await gpu.requestAdapter()
  if (!adapter) throw new BackendError('no-gpu', { backend: 'webgpu', package: 'webgpu' })
  // tfjs 4.22 calls a method that the standard has since replaced by a property.
  const prototype = Object.getPrototypeOf(adapter) as Adapter
  prototype.requestAdapterInfo ??= async function (this: Adapter) {
    return this.info
  }
  if (!holder.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(holder.navigator!, 'gpu', { value: gpu, configurable: true })
}

const packages: Record<'node' | 'node-gpu', { name: string; load: () => Promise<unknown> }> = {
  node: { name: '@tensorflow/tfjs-node', load: () => import('@tensorflow/tfjs-node') },
  'node-gpu': { name: '@tensorflow/tfjs-node-gpu', load: () => import('@tensorflow/tfjs-node-gpu') },
}

/**
 * Imports tfjs-node or tfjs-node-gpu, which registers its backend.
 *
 * @returns the package's name
 * @throws BackendError when it is not installed or does not load
 */
export async function importTensorFlow(backend: keyof typeof packages): Promise<string> {
  const { name, load } = packages[backend]
  await load().catch(cause => {
    throw loadError(backend, name, cause)
  })
  return name
}
