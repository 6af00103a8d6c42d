import { CompilerError } from '../errors.ts'
import { startNodeRuntime } from './node-runtime.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

/** More threads than this gain nothing on matrices of this kind and cost each operation its meeting. */
const MOST_THREADS = 8
const PROVIDERS = ['cpu', 'cuda', 'webgpu']

/**
 * Starts ONNX Runtime in a worker thread of its own.
 *
 * @throws CompilerError (`missing-package`) when onnxruntime-node is not installed, with the line that installs it
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { runtime = 'node', threads, providers = ['cpu'] } = options
  if (runtime !== 'node') {
    throw new CompilerError('invalid-argument', `There is no runtime "${String(runtime)}": take "node"`)
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new CompilerError('invalid-argument', `threads is ${threads}: give a whole number from 1 on`)
  }
  const unknown = providers.find(provider => !PROVIDERS.includes(provider))
  if (unknown !== undefined) {
    throw new CompilerError(
      'invalid-argument',
      `There is no provider "${unknown}": take ${PROVIDERS.join(', ')}`,
    )
  }
  const { availableParallelism } = await import('node:os')
  return startNodeRuntime({ threads: threads ?? Math.min(availableParallelism(), MOST_THREADS), providers })
}
