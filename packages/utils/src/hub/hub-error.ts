import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** What a repository of the hub holds. */
export type HubKind = 'model' | 'dataset'

/** The repository that a {@link HubError} is about. */
export interface HubPlace {
  kind: HubKind
  repository: string
  revision: string | undefined
}

/** Details of a {@link HubError} by its code. */
export interface HubErrorDetails {
  /** This names nothing on the hub. `kind` is what was expected. */
  'invalid-address': { address: string; kind: HubKind }
  /** This can be no branch, tag or commit. */
  'invalid-revision': { repository: string; revision: string }
  /** The hub knows no such repository, or it is private: the hub does not tell these apart. */
  'no-repository': HubPlace & { status: number; hasToken: boolean }
  /** The repository has no such branch, tag or commit. */
  'no-revision': HubPlace
  /** The repository has no such file. `available` holds up to ten of those that it has. */
  'no-file': HubPlace & { path: string; available: readonly string[] }
  /** The owner wants terms to be accepted first. */
  gated: HubPlace & { hasToken: boolean }
  /** The hub refuses with a status that has no meaning of its own here. */
  refused: HubPlace & { status: number }
  /** The hub does not answer, or is too busy, after all attempts. The TransientError is the cause. */
  unreachable: HubPlace & { endpoint: string; reason: string; status: number | undefined }
  /** The hub's reply does not have the form that it should: a proxy or a login page may stand between. */
  'invalid-reply': HubPlace & { endpoint: string; reason: string }
  /** A file does not have the checksum that the hub lists, or that the caller expects. */
  checksum: HubPlace & { path: string; expected: string; received: string; source: 'hub' | 'option' }
  /** A file is larger than the caller reads. */
  'too-large': HubPlace & { path: string; bytes: number; limit: number }
  /** The cache does not hold it, and the network is not to be used. */
  'not-cached': HubPlace & { path: string | undefined; cacheDir: string }
}

const nameOf = ({ repository, revision }: HubPlace): string =>
  revision === undefined ? repository : `${repository}@${revision}`

const tokenRemedy = (hasToken: boolean): string =>
  hasToken
    ? 'check that the token belongs to an account that may read it'
    : 'give a token with the option token'

/** Something is not on the hub, is not given out, or did not arrive as it should. */
export const HubError: ErrorClass<'HubError', HubErrorDetails> = defineError('HubError', {
  'invalid-address': ({ address, kind }) => ({
    problem: `${JSON.stringify(address)} does not name a ${kind} on the hub.`,
    remedy: 'Write owner/name, owner/name@revision or hf://owner/name@revision/file.',
  }),
  'invalid-revision': ({ repository, revision }) => ({
    problem: `${repository}: ${JSON.stringify(revision)} is not a revision.`,
    remedy: 'Name a branch, tag or commit.',
  }),
  'no-repository': ({ kind, hasToken, status, ...place }) => ({
    problem: `${place.repository}: there is no such ${kind} on the hub, or it is private (${status}).`,
    remedy: `Check the name; for a private one, ${tokenRemedy(hasToken)}.`,
  }),
  'no-revision': place => ({
    problem: `${place.repository} has no revision ${place.revision}.`,
    remedy: 'Check the branch, tag or commit.',
  }),
  'no-file': ({ path, available, ...place }) => ({
    problem: `${nameOf(place)} has no file ${path}.`,
    remedy: available.length > 0 ? `It has ${available.join(', ')}.` : 'Check the name.',
  }),
  gated: ({ hasToken, kind, ...place }) => ({
    problem: `${place.repository}: this ${kind} is gated.`,
    remedy: hasToken
      ? 'Accept its terms on its page with the account that the token belongs to.'
      : 'Accept its terms on its page, then give a token of that account with the option token.',
  }),
  refused: ({ status, ...place }) => ({
    problem: `${nameOf(place)}: the hub answered ${status}.`,
    remedy: 'Try again later.',
  }),
  unreachable: ({ endpoint, reason, ...place }) => ({
    problem: `${nameOf(place)}: the hub ${endpoint} cannot be reached. ${reason}`,
    remedy: 'Check the network and try again: a download continues where it stopped.',
  }),
  'invalid-reply': ({ endpoint, reason, ...place }) => ({
    problem: `${nameOf(place)}: the reply of ${endpoint} is not the hub's. ${reason}`,
    remedy: 'Check the option endpoint, and whether a proxy or a login page stands between.',
  }),
  checksum: ({ path, expected, received, source, ...place }) => ({
    problem: `${nameOf(place)}/${path}: the checksum is ${received}, not ${expected}.`,
    remedy:
      source === 'hub'
        ? 'Try again; if it stays so, a proxy changes the content.'
        : 'Name the revision that this checksum belongs to.',
  }),
  'too-large': ({ path, bytes, limit, ...place }) => ({
    problem: `${nameOf(place)}/${path} has ${bytes} bytes; at most ${limit} are read.`,
    remedy: 'Check that it is the right file.',
  }),
  'not-cached': ({ path, cacheDir, ...place }) => ({
    problem: `${nameOf(place)}${path === undefined ? '' : `/${path}`} is not in the cache ${cacheDir}.`,
    remedy: 'Fetch it once without the option offline.',
  }),
})
export type HubError = ErrorOf<typeof HubError>
