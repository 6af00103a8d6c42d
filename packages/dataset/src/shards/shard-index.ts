import { createHash } from 'node:crypto'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { type InstructSettings, instructSettingsSchema } from '../instruct/instruct-settings.ts'
import type { TokenDtype } from './dtype.ts'
import { TokenShardError } from './token-shard-error.ts'

/** One shard: whole stories, the end token behind each. */
export interface TokenShardEntry {
  /** The tokens, `dtype` little-endian and nothing else. */
  file: string
  /**
   * Two uint32 (little-endian) a story: where it ends in the shard (behind its end token), and its UTF-8 bytes of text.
   * With prompts a third one: tokens of its prompt, which come before the story's own.
   */
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
  /** 2 when the shards hold prompts. */
  version: 1 | 2
  dtype: TokenDtype
  /** Id of the token that ends each story. */
  eos: number
  /** One more than the highest id, where the tokenizer knows. */
  vocabSize: number | null
  /** SHA-256 of `tokenizer.json` in this folder; null when the tokenizer has no such form. */
  tokenizer: { sha256: string; file: string } | null
  /** The stream the tokens were made of, and a fingerprint of the stories it gave, in their order. */
  source: { recipe: readonly string[]; fingerprint: string }
  /** How the stories got the instructions that are their prompts, where they have some. */
  instruct?: InstructSettings | undefined
  stories: number
  tokens: number
  bytes: number
  /** Tokens of the longest story, without the end token. */
  longest: number
  shards: TokenShardEntry[]
}

export const indexName = 'index.json'
const latestVersion = 2

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256'))

/** Files lie in the folder itself, under the names that the writer gives them. */
export const entrySchema: v.GenericSchema<TokenShardEntry> = v.object({
  file: v.pipe(v.string(), v.regex(/^shard-\d{5,}\.bin$/, 'the name of a shard')),
  storiesFile: v.pipe(v.string(), v.regex(/^shard-\d{5,}\.stories\.bin$/, 'the name of a story table')),
  stories: count,
  tokens: count,
  bytes: count,
  sha256: digest,
  storiesSha256: digest,
})

const indexSchema: v.GenericSchema<unknown, TokenShardIndex> = v.object({
  format: v.literal('tinystories-token-shards'),
  version: v.picklist([1, 2]),
  dtype: v.picklist(['uint16', 'uint32']),
  eos: count,
  vocabSize: v.nullable(count),
  tokenizer: v.nullable(v.object({ sha256: digest, file: v.literal('tokenizer.json') })),
  source: v.object({ recipe: v.array(v.string()), fingerprint: v.string() }),
  instruct: v.optional(instructSettingsSchema),
  stories: count,
  tokens: count,
  bytes: count,
  longest: count,
  shards: v.array(entrySchema),
})

const envelopeSchema = v.looseObject({
  format: v.literal('tinystories-token-shards'),
  version: v.unknown(),
  checksum: v.string(),
})

/** The file's text; its last field is a checksum of the rest. */
export function formatIndex(index: TokenShardIndex): string {
  return `${JSON.stringify({ ...index, checksum: checksumOf(index) }, null, 2)}\n`
}

/**
 * Reads what {@link formatIndex} wrote.
 *
 * @throws InputError when it is anything else; TokenShardError when it was changed or is of another release
 */
export function parseIndex(text: string, path: string): TokenShardIndex {
  const { checksum, ...rest } = parseValue(envelopeSchema, parseJson(text, { source: path }), path)
  if (rest.version !== 1 && rest.version !== latestVersion)
    throw new TokenShardError('unknown-version', { path, version: rest.version, supported: latestVersion })
  if (checksum !== checksumOf(rest)) throw new TokenShardError('wrong-checksum', { path })
  const index = parseValue(indexSchema, rest, path)
  for (const field of ['stories', 'tokens', 'bytes'] as const) {
    if (index.shards.reduce((sum, entry) => sum + entry[field], 0) !== index[field])
      throw new TokenShardError('wrong-totals', { path })
  }
  return index
}

const checksumOf = (index: object): string => sha256(JSON.stringify(index))

/** Hex SHA-256. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
