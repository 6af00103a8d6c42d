import type { DatasetErrorDetails, TokenShardErrorDetails } from '@tinystories/dataset'
import type { SynthesisErrorDetails } from '@tinystories/dataset/synthesis'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

const download = 'ownload the file with a program that can log in, such as curl, and give its path.'
const overwrite = 'Choose another folder, or replace them with --overwrite.'

export const datasetError: Wording<DatasetErrorDetails> = {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${String(value)}, but must be ${expected}.`,
  }),
  'unknown-source': own,
  'invalid-address': own,
  'not-found': own,
  'not-a-file': own,
  'no-stories': own,
  'source-changed': own,
  'access-denied': () => ({ remedy: `D${download}` }),
  'request-refused': own,
  'web-page': () => ({ remedy: `Check the address. If the page asks you to log in, d${download}` }),
  unreachable: () => ({ remedy: 'Check the network and the address, then try again.' }),
  'cache-dir-missing': () => ({
    remedy: 'Name a folder for downloads in the environment variable XDG_CACHE_HOME.',
  }),
  'ambiguous-source': own,
  'no-story-files': own,
  'unsupported-format': own,
  binary: own,
  'invalid-encoding': () => ({
    remedy: 'Write the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8), or name its encoding with --encoding.',
  }),
  damaged: own,
  'unsupported-compression': own,
  'random-access-needed': own,
  'malformed-record': own,
  'missing-text': () => ({ remedy: 'Name the one that holds the story with --text-field.' }),
  'record-too-long': ({ format }) =>
    format === 'text'
      ? { remedy: 'Name the line that separates stories with --separator.' }
      : { remedy: 'Check the file.' },
  'limit-exceeded': () => ({
    remedy: 'The file looks made to exhaust memory. If it is yours, write it again.',
  }),
  'tokenizer-missing': () => ({
    remedy: 'Give the stories themselves, or the folder that "data prepare" writes.',
  }),
  'token-out-of-range': own,
  'end-token-missing': () => ({ remedy: 'Give the tokenizer that made the file.' }),
  'unsafe-entry': own,
  'invalid-template': own,
  'story-too-long': () => ({
    remedy: 'Leave such stories out with --drop-long, or choose a larger --context.',
  }),
  'invalid-state': own,
  'stream-mismatch': own,
  'source-mismatch': own,
}

export const tokenShardError: Wording<TokenShardErrorDetails> = {
  'no-shards': own,
  interrupted: own,
  'already-written': () => ({ remedy: overwrite }),
  'other-shards': () => ({ remedy: `Continue with the same. ${overwrite}` }),
  'cannot-continue': () => ({ remedy: overwrite }),
  'foreign-file': own,
  'wrong-size': own,
  'wrong-checksum': own,
  'wrong-totals': own,
  'unknown-version': own,
  'no-tokens': () => ({ remedy: 'Check the source, and what --clean drops.' }),
  'worker-tokenizer-differs': () => ({ remedy: 'Leave --workers out.' }),
  'no-tokenizer': () => ({ remedy: 'Leave --workers out.' }),
  'token-too-large': () => ({ remedy: 'Check the tokenizer.' }),
  'out-of-range': own,
}

export const synthesisError: Wording<SynthesisErrorDetails> = {
  'ood-without-instruct': () => ({
    problem: '--ood is about instructions, and --instruct is missing.',
    remedy: 'Give --instruct as well.',
  }),
  'empty-vocabulary': own,
  'unknown-output': ({ path }) => ({
    problem: `--out: ${path} exists, and nothing beside it says how to continue it.`,
  }),
  'setting-differs': own,
  'foreign-line': own,
  'no-stories': () => ({ remedy: 'Try another model.' }),
}
