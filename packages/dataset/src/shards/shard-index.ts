import { createHash } from 'node:crypto'
import type { TokenDtype } from './dtype.ts'
import { TokenShardError } from './token-shard-error.ts'

/** One shard: whole stories, the end token behind each. */
export interface TokenShardEntry {
  /** The tokens, `dtype` little-endian and nothing else. */
  file: string
  /** Two uint32 (little-endian) a story: where it ends in the shard (behind its end token), and its UTF-8 bytes of text. */
  storiesFile: string
  stories: number
  /** End tokens included. */
  tokens: number
  /** UTF-8 bytes of the stories' text. */
  bytes: number
  /** SHA-256 of `file`, hex. */
  sha256: string
  /** SHA-256 of `storiesFile`, hex. */
  storiesSha256: string
}

/** What `index.json` of a folder of token shards says. */
export interface TokenShardIndex {
  format: 'tinystories-token-shards'
  version: 1
  dtype: TokenDtype
  /** Id of the token that ends each story. */
  eos: number
  /** One more than the highest id, where the tokenizer tells. */
  vocabSize: number | null
  /** SHA-256 of `tokenizer.json` in this folder; null when the tokenizer has no such form. */
  tokenizer: { sha256: string; file: string } | null
  /** The stream the tokens were made of, and a fingerprint of the stories it gave, in their order. */
  source: { recipe: readonly string[]; fingerprint: string }
  stories: number
  tokens: number
  bytes: number
  /** Tokens of the longest story, without the end token. */
  longest: number
  shards: TokenShardEntry[]
}

export const indexName = 'index.json'

/** The file's text; its last field is a checksum of the rest. */
export function formatIndex(index: TokenShardIndex): string {
  return `${JSON.stringify({ ...index, checksum: checksumOf(index) }, null, 2)}\n`
}

/**
 * Reads what {@link formatIndex} wrote.
 *
 * @throws TokenShardError when it is anything else
 */
export function parseIndex(text: string, path: string): TokenShardIndex {
  const damaged = (problem: string, cause?: unknown): TokenShardError =>
    new TokenShardError({ path, problem, remedy: 'Write the shards again, or copy the folder again', cause })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw damaged(`the index is not valid JSON (${(cause as Error).message})`, cause)
  }
  if (!isIndex(parsed)) throw damaged('this is not the index of token shards')
  if (parsed.version !== 1) {
    throw new TokenShardError({
      path,
      problem: `the index has version ${String(parsed.version)}, this release reads version 1`,
      remedy: 'Update the package, or write the shards again',
    })
  }
  const { checksum, ...index } = parsed
  if (checksum !== checksumOf(index)) throw damaged('the index was changed: its checksum does not match')
  return index
}

function isIndex(value: unknown): value is TokenShardIndex & { checksum: string } {
  if (value === null || typeof value !== 'object') return false
  const { format, shards } = value as Partial<TokenShardIndex>
  return format === 'tinystories-token-shards' && Array.isArray(shards)
}

const checksumOf = (index: TokenShardIndex): string => sha256(JSON.stringify(index))

/** Hex SHA-256. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
