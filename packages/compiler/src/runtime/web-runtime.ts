/// <reference lib="dom" />
import { CompilerError } from '../errors.ts'
import { GraphBuilder } from '../graph/graph-builder.ts'
import { writeOnnx } from '../graph/onnx-writer.ts'
import { Channel } from './channel.ts'
import { checkOptions, MOST_THREADS } from './check-options.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'
import { TracedRuntime } from './traced-runtime.ts'
import { sameThreadPort, webWorker } from './web-ports.ts'

/**
 * Starts ONNX Runtime in a browser: in a web worker when called in a page, in the same thread when called in a worker.
 * Threads need a cross-origin isolated page. With `webgpu` first among the providers the state stays on the device.
 *
 * One thread holds one ONNX Runtime: a second runtime in the same thread has the first one's threads and files.
 *
 * @throws CompilerError `package-does-not-load` for onnxruntime-web, `missing-provider` when `webgpu` is the only provider
 * and there is no adapter, `invalid-option`
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  checkOptions(options, { runtime: 'web', providers: ['wasm', 'cpu', 'webgpu'] })
  const { place = typeof document === 'undefined' ? 'same-thread' : 'worker' } = options
  const providers = await availableProviders(options.providers ?? ['wasm'])
  const paths = options.wasmPaths
  const wasmPaths =
    typeof paths === 'object' ? paths[providers.includes('webgpu') ? 'webgpu' : 'wasm'] : paths
  const threads = wasmPaths === undefined ? 1 : availableThreads(options.threads)
  const channel = new Channel(place === 'worker' ? webWorker() : await sameThreadPort())
  try {
    const web = { threads, providers, probe: probe(), ...(wasmPaths !== undefined && { wasmPaths }) }
    await channel.ask({ kind: 'start', web }, 'starting')
  } catch (error) {
    await channel.stop()
    throw error
  }
  return new TracedRuntime(channel, { threads, providers })
}

/** WebAssembly shares memory between threads only in pages that are cross-origin isolated. */
function availableThreads(wanted: number | undefined): number {
  if (!globalThis.crossOriginIsolated) return 1
  return wanted ?? Math.min(navigator.hardwareConcurrency, MOST_THREADS)
}

/** The CPU's provider goes by the name of `wasm` here. */
async function availableProviders(wanted: readonly string[]): Promise<string[]> {
  const providers = wanted.map(provider => (provider === 'cpu' ? 'wasm' : provider))
  if (!providers.includes('webgpu') || (await hasWebGpu())) return providers
  const others = providers.filter(provider => provider !== 'webgpu')
  if (others.length > 0) return others
  const needs = 'a browser with a WebGPU adapter'
  throw new CompilerError('missing-provider', { provider: 'webgpu', needs, problem: undefined })
}

async function hasWebGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
  const adapter = await gpu?.requestAdapter().catch(() => null)
  return adapter != null
}

function probe(): Uint8Array {
  const builder = new GraphBuilder()
  builder.output('y', builder.input('x', 'float32', [1]))
  return writeOnnx(builder.finish(), 'probe')
}
