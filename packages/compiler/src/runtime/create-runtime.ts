import { checkOptions, MOST_THREADS } from './check-options.ts'
import { startNodeRuntime } from './node-runtime.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

/**
 * Starts ONNX Runtime in a worker thread of its own. (In a bundle for browsers this is `createWebRuntime`.)
 *
 * @throws CompilerError `missing-package` or `package-does-not-load` for onnxruntime-node, `missing-provider` when none of
 * the providers is available here, `invalid-option`
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { threads, providers = ['cpu'] } = options
  checkOptions(options, { runtime: 'node', providers: ['cpu', 'cuda', 'webgpu'] })
  const { availableParallelism } = await import('node:os')
  return startNodeRuntime({ threads: threads ?? Math.min(availableParallelism(), MOST_THREADS), providers })
}
