import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of a {@link LockError} by its code. `path` is the lock file. */
export interface LockErrorDetails {
  /** A running process of this machine holds the lock. `ownProcess` is true when it is this very process. */
  held: { path: string; pid: number; ownProcess: boolean }
  /** A process of another machine holds it; nothing is known of whether it still runs. */
  'held-elsewhere': { path: string; pid: number; host: string }
  /** Another process has been taking the lock over from an ended one; `takeover` is the folder that shows it. */
  'taken-over': { path: string; takeover: string }
}

/** Something is locked by another process, or by another place in this one. */
export const LockError: ErrorClass<'LockError', LockErrorDetails> = defineError('LockError', {
  held: ({ path, pid, ownProcess }) => ({
    problem: `${path} is held by process ${pid}${ownProcess ? ', this one' : ''}.`,
    remedy: 'Wait for its end or stop it, or choose another place.',
  }),
  'held-elsewhere': ({ path, pid, host }) => ({
    problem: `${path} is held by process ${pid} on another machine (${host}).`,
    remedy: `If nothing runs there any more, delete ${path}.`,
  }),
  'taken-over': ({ path, takeover }) => ({
    problem: `${path} is being taken over by another process.`,
    remedy: `Wait for it. If nothing runs there, delete ${takeover}.`,
  }),
})
export type LockError = ErrorOf<typeof LockError>
