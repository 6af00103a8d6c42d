export {
  type ArgumentOf,
  type CallContext,
  type EventOf,
  type ResultOf,
  Transferred,
  transferred,
  type WorkerMethod,
  type WorkerMethods,
} from './messages.ts'
export { type NodeScope, type ServeOptions, serveWorker, type WebScope } from './serve-worker.ts'
export { type CallOptions, WorkerClient } from './worker-client.ts'
export { WorkerError, type WorkerErrorDetails } from './worker-error.ts'
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts'
export type { NodeWorker, ThreadEnd, WebWorker, WorkerPort } from './worker-port.ts'
