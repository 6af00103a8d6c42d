/// <reference path="./optional-packages.d.ts" />
import { BackendError } from './errors.ts'
import { loadOptional } from './load-optional.ts'

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
  const { create, globals } = await loadOptional('webgpu', 'webgpu', () => import('webgpu'))
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
