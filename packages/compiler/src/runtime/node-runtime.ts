import { STARTING } from './channel.ts'
import { TracedRuntime, type TracedRuntimeOptions } from './traced-runtime.ts'
import { WorkerChannel } from './worker-channel.ts'

/** Starts the runtime on onnxruntime-node, in a worker thread of its own. */
export async function startNodeRuntime(options: TracedRuntimeOptions): Promise<TracedRuntime> {
  const file = import.meta.url.endsWith('.ts') ? './node-worker.ts' : './node-worker.js'
  const channel = new WorkerChannel(new URL(file, import.meta.url))
  try {
    await channel.ask({ kind: 'start' }, STARTING)
  } catch (error) {
    await channel.stop('The runtime did not start')
    throw error
  }
  return new TracedRuntime(channel, { ...options, views: options.providers.every(name => name === 'cpu') })
}
