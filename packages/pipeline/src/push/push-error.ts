import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** What a push was about to do. */
export type PushStep = 'create' | 'upload' | 'commit'

/** What a failed push left on the hub. */
interface Left {
  /** Whether it made the repository, which is empty then. */
  isNew?: boolean
}

/** Details of a {@link PushError} by its code. No token is among them. */
export interface PushErrorDetails {
  /** The hub has no repositories of such a name. */
  'invalid-repository': { repository: string }
  /** No access token was given. */
  'no-token': { endpoint: string }
  /** What was given cannot be an access token of the hub. */
  'invalid-token': { endpoint: string }
  /** `@huggingface/hub` is not installed. */
  'no-hub-client': { package: string }
  /** The hub does not know the token. */
  unauthorized: { repository: string; endpoint: string }
  /** The token may not write there: `exists` says that there is such a repository already. */
  forbidden: { repository: string; endpoint: string; exists: boolean }
  /** Something was committed while the files were sent. */
  'changed-meanwhile': { repository: string; revision: string } & Left
  /** The hub takes no upload of this size. */
  'too-large': { repository: string; bytes: number } & Left
  /** The hub refuses for another reason; `reason` is its own word for it. */
  refused: { repository: string; step: PushStep; status: number; reason: string } & Left
  /** The hub does not answer. */
  unreachable: { repository: string; endpoint: string; reason: string } & Left
  /** What answers is no hub: a proxy or a login page may stand between. */
  'invalid-reply': { repository: string; endpoint: string } & Left
  /** The hub's API redirects to another server, or changes what is asked; `location` is without secrets. */
  redirected: { endpoint: string; location: string }
  /** The answer to the commit was lost, and whether it was made cannot be asked. */
  uncertain: { repository: string; revision: string }
}

const nothing = ({ isNew }: Left): string =>
  `Nothing was published${isNew ? ' but the repository, which is empty' : ''}.`

/** A model was not pushed to the hub. */
export const PushError: ErrorClass<'PushError', PushErrorDetails> = defineError('PushError', {
  'invalid-repository': ({ repository }) => ({
    problem: `${JSON.stringify(repository)} is no name of a repository.`,
    remedy:
      'Write owner/name: letters, digits, ".", "-" and "_", not at an end and not ".." or "--", up to 96 characters.',
  }),
  'no-token': ({ endpoint }) => ({
    problem: `Pushing to ${endpoint} needs an access token that may write.`,
    remedy: 'Give one with the option token.',
  }),
  'invalid-token': ({ endpoint }) => ({
    problem: `What was given is no access token of ${endpoint}: those begin with "hf_".`,
    remedy: 'Copy it again from the settings of your account.',
  }),
  'no-hub-client': ({ package: name }) => ({
    problem: `Pushing needs the package ${name}.`,
    remedy: `Install it: npm install ${name}`,
  }),
  unauthorized: ({ endpoint }) => ({
    problem: `${endpoint} does not know the access token (401).`,
    remedy: 'It may have expired: make a new one that may write.',
  }),
  forbidden: ({ repository, exists }) => ({
    problem: exists
      ? `The name ${repository} is taken, and the token may not write there (403).`
      : `The token may not make ${repository} (403).`,
    remedy: exists
      ? 'Choose another name, or a token that may write there.'
      : 'Check the owner, and that the token may write.',
  }),
  'changed-meanwhile': ({ repository, revision, ...left }) => ({
    problem: `${repository}: somebody committed to ${revision} meanwhile. ${nothing(left)}`,
    remedy: 'Push again.',
  }),
  'too-large': ({ repository, bytes, ...left }) => ({
    problem: `${repository}: the hub takes no upload of ${bytes} bytes (413). ${nothing(left)}`,
    remedy: 'Ask the hub for more room, or push a smaller model.',
  }),
  refused: ({ repository, step, status, reason, ...left }) => ({
    problem: `${repository}: the hub refuses to ${step} (${status}${reason === '' ? '' : `: ${reason}`}). ${nothing(left)}`,
    remedy:
      status === 408 || status === 429 || status >= 500
        ? 'Push again later: what was uploaded is not sent again.'
        : 'Check the name, what the token may do, and the option endpoint.',
  }),
  unreachable: ({ repository, endpoint, reason, ...left }) => ({
    problem: `${repository}: ${endpoint} does not answer. ${reason} ${nothing(left)}`,
    remedy: 'Check the network and push again: what was uploaded is not sent again.',
  }),
  'invalid-reply': ({ repository, endpoint, ...left }) => ({
    problem: `${repository}: the reply of ${endpoint} is not the hub's. ${nothing(left)}`,
    remedy: 'Check the option endpoint, and whether a proxy or a login page stands between.',
  }),
  redirected: ({ endpoint, location }) => ({
    problem: `${endpoint} redirects to ${location}, which is not followed. Nothing was published.`,
    remedy: 'If that is the hub, give its address in the option endpoint.',
  }),
  uncertain: ({ repository, revision }) => ({
    problem: `${repository}: the connection broke during the commit to ${revision}, which may be published, whole, or not.`,
    remedy: 'Push again: that says which, and sends nothing twice.',
  }),
})
export type PushError = ErrorOf<typeof PushError>
