import { CompilerError } from '../errors.ts'
import { STARTING } from './channel.ts'
import type { NodeSetup } from './messages.ts'
import { TracedRuntime, type TracedRuntimeOptions } from './traced-runtime.ts'
import { WorkerChannel } from './worker-channel.ts'

/**
 * Starts the runtime on ONNX Runtime for Node, in a worker thread of its own, with the first of the providers that is to
 * be had here.
 */
export async function startNodeRuntime(options: TracedRuntimeOptions): Promise<TracedRuntime> {
  for (const [i, provider] of options.providers.entries()) {
    try {
      return await start({ provider: provider as NodeSetup['provider'], threads: options.threads })
    } catch (error) {
      const missing = CompilerError.isInstance(error) && error.code === 'missing-provider'
      if (!missing || i === options.providers.length - 1) throw error
    }
  }
  throw new CompilerError('invalid-argument', 'providers is empty: take cpu, cuda or webgpu')
}

async function start(node: NodeSetup): Promise<TracedRuntime> {
  const file = import.meta.url.endsWith('.ts') ? './node-worker.ts' : './node-worker.js'
  const channel = new WorkerChannel(new URL(file, import.meta.url))
  try {
    await channel.ask({ kind: 'start', node }, STARTING)
  } catch (error) {
    await channel.stop('The runtime did not start')
    throw error
  }
  const { provider, threads } = node
  return new TracedRuntime(channel, { providers: [provider], threads, views: provider === 'cpu' })
}
