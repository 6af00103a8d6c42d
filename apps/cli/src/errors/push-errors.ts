import type { PushErrorDetails } from '@tinystories/pipeline'
import { own, type Wording } from './wording.ts'

const token = 'Put one that may write into the environment variable HF_TOKEN.'

export const pushError: Wording<PushErrorDetails> = {
  'invalid-repository': own,
  'no-token': () => ({ remedy: token }),
  'invalid-token': ({ endpoint }) => ({
    problem: `HF_TOKEN holds no access token of ${endpoint}: those begin with "hf_".`,
  }),
  'no-hub-client': own,
  unauthorized: ({ endpoint }) => ({
    problem: `${endpoint} does not know the access token in HF_TOKEN (401).`,
  }),
  forbidden: ({ repository, exists }) => ({
    problem: exists
      ? `The name ${repository} is taken, and HF_TOKEN may not write there (403).`
      : `HF_TOKEN may not make ${repository} (403).`,
  }),
  'changed-meanwhile': own,
  'too-large': own,
  refused: ({ status }) =>
    status === 408 || status === 429 || status >= 500
      ? {}
      : { remedy: 'Check the name, what HF_TOKEN may do, and HF_ENDPOINT.' },
  unreachable: own,
  'invalid-reply': () => ({
    remedy: 'Check HF_ENDPOINT, and whether a proxy or a login page stands between.',
  }),
  redirected: () => ({ remedy: 'If that is the hub, put its address into HF_ENDPOINT.' }),
  uncertain: own,
}
