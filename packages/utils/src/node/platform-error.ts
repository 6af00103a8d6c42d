import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of a {@link PlatformError} by its code. */
export interface PlatformErrorDetails {
  /** This part runs in Node 20.16 or later, and in Deno and Bun, not in a page. `what`: the module or the job. */
  'needs-node': { what: string }
}

/** What was called cannot work on this platform. */
export const PlatformError: ErrorClass<'PlatformError', PlatformErrorDetails> = defineError('PlatformError', {
  'needs-node': ({ what }) => ({
    problem: `This needs ${what}, which is not there, as in a page.`,
    remedy: 'Call it in Node 20.16 or later; a page is given the content itself.',
  }),
})
export type PlatformError = ErrorOf<typeof PlatformError>
