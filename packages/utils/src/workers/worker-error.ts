import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of a {@link WorkerError} by its code. `worker` is the name that it was given. */
export interface WorkerErrorDetails {
  /** The thread ended by itself while calls were open, or before. */
  ended: { worker: string; exitCode: number | undefined }
  /** An error that nobody caught, or a file that did not load, ended the thread. It is the cause where it is known. */
  crashed: { worker: string; reason: string }
  /** The thread was closed by its owner. */
  closed: { worker: string }
  /** The worker has no such method. */
  'unknown-method': { method: string }
  /** An argument, event or result cannot be sent between threads. */
  'not-cloneable': { method: string; reason: string }
}

/** A call to a worker thread cannot be answered. Errors of the method itself arrive as they were thrown. */
export const WorkerError: ErrorClass<'WorkerError', WorkerErrorDetails> = defineError('WorkerError', {
  ended: ({ worker, exitCode }) => ({
    problem: `The thread ${worker} ended${exitCode === undefined ? '' : ` with code ${exitCode}`}.`,
  }),
  crashed: ({ worker, reason }) => ({ problem: `The thread ${worker} failed: ${reason}.` }),
  closed: ({ worker }) => ({ problem: `The thread ${worker} is closed.` }),
  'unknown-method': ({ method }) => ({ problem: `The worker has no method ${method}.` }),
  'not-cloneable': ({ method, reason }) => ({
    problem: `What ${method} takes or returns cannot be sent between threads: ${reason}.`,
  }),
})
export type WorkerError = ErrorOf<typeof WorkerError>
