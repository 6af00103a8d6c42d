import { WorkerClient } from '@tinystories/utils/workers'
import type { EngineChoice } from './engine.ts'
import type { ModelWorkerMethods } from './model-worker.ts'
import modelWorker from './model-worker.ts?thread'

export type ModelClient = WorkerClient<ModelWorkerMethods>

/** Starts a worker that can hold a model. */
export function createModelClient(engine: EngineChoice): ModelClient {
  const worker = new Worker(modelWorker, { type: 'module', name: 'model' })
  const client: ModelClient = new WorkerClient(worker, 'model')
  // Calls are answered in order of arrival as far as this one goes: it awaits nothing.
  client.call('configure', { engine }).catch(() => {})
  return client
}
