import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'
import { messageOf } from '../errors/message-of.ts'

/** Details of a {@link TransientError} by its code. */
export interface TransientErrorDetails {
  /**
   * No connection, or it broke. `reason` is the system's message, `errno` its code. `offline` says that there is no
   * network or no such host at all, so that an attempt within seconds would fail too.
   */
  'no-connection': { reason: string; errno: string | undefined; offline: boolean }
  /** Nothing came for `milliseconds`. */
  timeout: { milliseconds: number }
  /** The server is busy or failing: 408, 425, 429 or 5xx. `retryAfter` is the wait it asks for, in milliseconds. */
  'server-busy': { status: number; retryAfter: number | undefined }
  /** The connection ended early: `received` of `expected` bytes came. */
  incomplete: { received: number; expected: number | undefined }
  /** What came is not what was asked for, and another attempt may bring it. */
  'unexpected-reply': { reason: string }
}

/** A failure that another attempt may not meet again. {@link retry} tries again after these and after nothing else. */
export const TransientError: ErrorClass<'TransientError', TransientErrorDetails> = defineError(
  'TransientError',
  {
    'no-connection': ({ reason }) => ({ problem: `There is no connection: ${reason}.` }),
    timeout: ({ milliseconds }) => ({ problem: `No byte came for ${milliseconds / 1000} s.` }),
    'server-busy': ({ status }) => ({ problem: `The server answered ${status}.` }),
    incomplete: ({ received, expected }) => ({
      problem: `The connection ended after ${received}${expected === undefined ? '' : ` of ${expected}`} bytes.`,
    }),
    'unexpected-reply': ({ reason }) => ({ problem: `The server's reply is unexpected: ${reason}.` }),
  },
)
export type TransientError = ErrorOf<typeof TransientError>

/** Codes of errors that another attempt within seconds would meet again. */
const offlineCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH'])

/** What `fetch`, or reading its body, threw, as a {@link TransientError}. One that is passed in is returned. */
export function connectionError(error: unknown): TransientError {
  if (TransientError.isInstance(error)) return error
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const errno =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const message = messageOf(cause)
  return new TransientError(
    'no-connection',
    {
      reason: message === '' ? (errno ?? 'unknown') : message,
      errno,
      offline: offlineCodes.has(errno ?? ''),
    },
    { cause: error },
  )
}
