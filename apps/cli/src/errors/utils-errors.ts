import type { FileErrorDetails, LockErrorDetails } from '@tinystories/utils/disk'
import type { HttpErrorDetails } from '@tinystories/utils/http'
import type { HubErrorDetails } from '@tinystories/utils/hub'
import type { PlatformErrorDetails } from '@tinystories/utils/node'
import type { RandomErrorDetails } from '@tinystories/utils/random'
import type { TransientErrorDetails } from '@tinystories/utils/retry'
import type { InputErrorDetails } from '@tinystories/utils/schema'
import type { WorkerErrorDetails } from '@tinystories/utils/workers'
import { own, type Wording } from './wording.ts'

export const fileError: Wording<FileErrorDetails> = {
  'not-found': own,
  'no-permission': own,
  'is-folder': own,
  'is-file': own,
  'already-exists': own,
  'not-empty': own,
  'disk-full': own,
  'read-only': own,
  'too-many-open': own,
  'name-too-long': own,
  'disk-failure': own,
  unsupported: own,
  'not-regular': own,
  'not-text': own,
  'too-large': own,
  other: own,
}

export const lockError: Wording<LockErrorDetails> = {
  held: own,
  'held-elsewhere': own,
  'taken-over': own,
}

export const httpError: Wording<HttpErrorDetails> = {
  'invalid-address': own,
  'invalid-redirect': own,
  'too-many-redirects': own,
}

const token = 'put an access token into the environment variable HF_TOKEN'

export const hubError: Wording<HubErrorDetails> = {
  'invalid-address': own,
  'invalid-revision': own,
  'no-repository': ({ hasToken }) => ({
    remedy: hasToken
      ? 'Check the name; for a private one, check that HF_TOKEN belongs to an account that may read it.'
      : `Check the name; for a private one, ${token}.`,
  }),
  'no-revision': own,
  'no-file': own,
  gated: ({ hasToken }) => ({
    remedy: hasToken
      ? 'Accept its terms on its page with the account that HF_TOKEN belongs to.'
      : 'Accept its terms on its page, then put an access token of that account into the environment variable HF_TOKEN.',
  }),
  refused: own,
  unreachable: own,
  'invalid-reply': () => ({
    remedy: 'Check HF_ENDPOINT, and whether a proxy or a login page stands between.',
  }),
  checksum: ({ source }) =>
    source === 'hub' ? {} : { remedy: 'Name the revision that this checksum belongs to.' },
  'too-large': own,
  'not-cached': () => ({ remedy: 'Fetch it once without HF_HUB_OFFLINE.' }),
}

export const transientError: Wording<TransientErrorDetails> = {
  'no-connection': () => ({ remedy: 'Check the network and try again.' }),
  timeout: () => ({ remedy: 'Check the network and try again.' }),
  'server-busy': () => ({ remedy: 'Try again later.' }),
  incomplete: () => ({ remedy: 'Try again.' }),
  'unexpected-reply': () => ({ remedy: 'Check the address, and whether a proxy stands between.' }),
}

export const inputError: Wording<InputErrorDetails> = {
  'not-json': own,
  'too-deep': own,
  'too-large': own,
  'invalid-value': own,
}

export const randomError: Wording<RandomErrorDetails> = {
  'invalid-seed': () => ({ remedy: 'Choose another --seed.' }),
  'invalid-limit': own,
  'invalid-state': own,
}

export const platformError: Wording<PlatformErrorDetails> = {
  'needs-node': () => ({ remedy: 'Use Node 20.16 or later.' }),
}

export const workerError: Wording<WorkerErrorDetails> = {
  ended: own,
  crashed: own,
  closed: own,
  'unknown-method': own,
  'not-cloneable': own,
}
