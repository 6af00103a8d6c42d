import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of an {@link HttpError} by its code. `address` is without secrets. */
export interface HttpErrorDetails {
  /** This is no web address. */
  'invalid-address': { address: string }
  /** The server redirects to something that is not followed: no web address, or a request with a body. */
  'invalid-redirect': { address: string; location: string }
  /** The server redirects again and again. */
  'too-many-redirects': { address: string; limit: number }
}

/** A request that cannot be made, whoever tries again. */
export const HttpError: ErrorClass<'HttpError', HttpErrorDetails> = defineError('HttpError', {
  'invalid-address': ({ address }) => ({
    problem: `${JSON.stringify(address)} is not a web address.`,
    remedy: 'Write it as https://host/path.',
  }),
  'invalid-redirect': ({ address, location }) => ({
    problem: `${address} redirects to ${JSON.stringify(location)}, which is not followed.`,
    remedy: 'Check the address.',
  }),
  'too-many-redirects': ({ address, limit }) => ({
    problem: `${address} redirects more than ${limit} times.`,
    remedy: 'Check the address.',
  }),
})
export type HttpError = ErrorOf<typeof HttpError>
