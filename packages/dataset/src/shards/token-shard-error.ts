import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** Details of a {@link TokenShardError} by its code. */
export interface TokenShardErrorDetails {
  /** The folder holds no token shards. */
  'no-shards': { folder: string }
  /** Writing was interrupted; the same call continues it. */
  interrupted: { folder: string }
  /** The folder holds finished token shards; the option `overwrite` replaces them. */
  'already-written': { folder: string }
  /** The folder holds unfinished token shards of something else; the option `overwrite` replaces them. */
  'other-shards': { folder: string }
  /** Unfinished shards cannot be continued, for the reason in the cause; the option `overwrite` replaces them. */
  'cannot-continue': { folder: string; reason: string }
  /** The folder holds a file that is not of token shards. */
  'foreign-file': { folder: string; file: string }
  /** A file is not the one that was written. Sizes are in bytes. */
  'wrong-size': { path: string; expected: number; received: number }
  'wrong-checksum': { path: string }
  /** The index contradicts itself. */
  'wrong-totals': { path: string }
  /** The index is of another release. */
  'unknown-version': { path: string; version: unknown; supported: number }
  /** No story of the stream has a token. */
  'no-tokens': { folder: string }
  /** The tokenizer that worker threads create gives other tokens than the caller's. */
  'worker-tokenizer-differs': { module: string; make: string }
  /** A module does not create a tokenizer. */
  'no-tokenizer': { module: string; make: string }
  /** A token does not fit the `dtype`. `story` counts from 0. */
  'token-too-large': { story: number; id: number; dtype: string }
  /** There is no token, story or row of that number. */
  'out-of-range': { what: 'token' | 'story' | 'row'; number: number; count: number }
}

const rewrite = 'Write the shards again, or copy the folder again.'
const replace = 'choose another folder, or set overwrite to replace them.'

/** Token shards cannot be read or written. */
export const TokenShardError: ErrorClass<'TokenShardError', TokenShardErrorDetails> = defineError(
  'TokenShardError',
  {
    'no-shards': ({ folder }) => ({
      problem: `${folder}: there are no token shards here (no index.json).`,
      remedy: 'Name the folder that they were written to.',
    }),
    interrupted: ({ folder }) => ({
      problem: `${folder}: writing these token shards was interrupted.`,
      remedy: 'Repeat it: it continues where it stopped.',
    }),
    'already-written': ({ folder }) => ({
      problem: `${folder}: the folder holds finished token shards.`,
      remedy: `C${replace.slice(1)}`,
    }),
    'other-shards': ({ folder }) => ({
      problem: `${folder}: the folder holds unfinished token shards of other stories, another tokenizer or other options.`,
      remedy: `Continue with the same, ${replace}`,
    }),
    'cannot-continue': ({ folder, reason }) => ({
      problem: `${folder}: the unfinished token shards cannot be continued. ${reason}`,
      remedy: `Or ${replace}`,
    }),
    'foreign-file': ({ folder, file }) => ({
      problem: `${folder}: the folder holds ${file}, which does not belong to token shards.`,
      remedy: 'Choose a new or an empty folder.',
    }),
    'wrong-size': ({ path, expected, received }) => ({
      problem: `${path} has ${received} bytes instead of ${expected}: it was cut off or changed.`,
      remedy: rewrite,
    }),
    'wrong-checksum': ({ path }) => ({
      problem: `${path} was changed: its checksum does not match.`,
      remedy: rewrite,
    }),
    'wrong-totals': ({ path }) => ({
      problem: `${path}: the totals are not those of the shards.`,
      remedy: rewrite,
    }),
    'unknown-version': ({ path, version, supported }) => ({
      problem: `${path}: the index has version ${showValue(version)}; this release reads up to version ${supported}.`,
      remedy: 'Update the package, or write the shards again.',
    }),
    'no-tokens': ({ folder }) => ({
      problem: `${folder}: no story of the stream has a token, so there is nothing to write.`,
      remedy: 'Check the source and its filters.',
    }),
    'worker-tokenizer-differs': ({ module, make }) => ({
      problem: `The tokenizer that ${make} of ${module} creates in worker threads gives other tokens than the one given.`,
      remedy: 'Check worker.make and worker.data.',
    }),
    'no-tokenizer': ({ module, make }) => ({
      problem: `${module} exports no function ${make} that creates a tokenizer.`,
      remedy: 'Check worker.module and worker.make.',
    }),
    'token-too-large': ({ story, id, dtype }) => ({
      problem: `Story ${story}: the tokenizer gave the id ${id}, which ${dtype} cannot hold.`,
      remedy: dtype === 'uint16' ? "Set dtype to 'uint32'." : 'Check the tokenizer.',
    }),
    'out-of-range': ({ what, number, count }) => ({
      problem: `There is no ${what} ${number}: they count from 0 and there are ${count}.`,
    }),
  },
)
export type TokenShardError = ErrorOf<typeof TokenShardError>
