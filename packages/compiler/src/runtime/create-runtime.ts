import { CompilerError } from '../errors.ts'
import { checkOptions, MOST_THREADS } from './check-options.ts'
import { startNodeRuntime } from './node-runtime.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

/**
 * Starts ONNX Runtime in a worker thread of its own. (In a bundle for browsers this is `createWebRuntime`.)
 *
 * @throws CompilerError (`missing-package`) when onnxruntime-node is not installed, with the line that installs it;
 * (`missing-provider`) when none of the providers is to be had here, with what the last of them needs
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { runtime = 'node', threads, providers = ['cpu'] } = options
  if (runtime === 'web') {
    throw new CompilerError('invalid-argument', 'The runtime "web" works in browsers: take "node" here')
  }
  checkOptions(options, { runtime: 'node', providers: ['cpu', 'cuda', 'webgpu'] })
  const { availableParallelism } = await import('node:os')
  return startNodeRuntime({ threads: threads ?? Math.min(availableParallelism(), MOST_THREADS), providers })
}
