import type { EngineChoice } from './engine.ts'
import type { ModelWorkerMethods } from './model-worker.ts'
import { WorkerClient } from './rpc.ts'

export type ModelClient = WorkerClient<ModelWorkerMethods>

/** Starts a worker that can own a model. */
export function createModelClient(engine: EngineChoice): ModelClient {
  const client: ModelClient = new WorkerClient(
    new Worker(new URL('./model-worker.ts', import.meta.url), { type: 'module', name: 'model' }),
  )
  // Calls are answered in order of arrival as far as this one goes: it awaits nothing the first time.
  client.call('configure', { base: document.baseURI, engine }).catch(() => {})
  return client
}
