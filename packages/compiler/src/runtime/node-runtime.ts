import { Worker } from 'node:worker_threads'
import { CompilerError } from '../errors.ts'
import { Channel } from './channel.ts'
import type { NodeSetup } from './messages.ts'
import { TracedRuntime, type TracedRuntimeOptions } from './traced-runtime.ts'

/**
 * Starts the runtime on ONNX Runtime for Node, in a worker thread of its own, with the first of the providers that is
 * available here.
 */
export async function startNodeRuntime(options: TracedRuntimeOptions): Promise<TracedRuntime> {
  let failure: unknown
  for (const provider of options.providers) {
    try {
      return await start({ provider: provider as NodeSetup['provider'], threads: options.threads })
    } catch (error) {
      if (!(CompilerError.isInstance(error) && error.code === 'missing-provider')) throw error
      failure = error
    }
  }
  throw failure
}

async function start(node: NodeSetup): Promise<TracedRuntime> {
  const file = import.meta.url.endsWith('.ts') ? './node-worker.ts' : './node-worker.js'
  const channel = new Channel(new Worker(new URL(file, import.meta.url), { name: 'tinystories-compiler' }))
  try {
    await channel.ask({ kind: 'start', node }, 'starting')
  } catch (error) {
    await channel.stop()
    throw error
  }
  const { provider, threads } = node
  return new TracedRuntime(channel, { providers: [provider], threads, views: provider === 'cpu' })
}
