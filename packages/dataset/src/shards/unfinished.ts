import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import {
  openToRead,
  readTextFileIfPresent,
  removePath,
  toFileError,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import type { StreamState } from '../stream/cursor.ts'
import { entrySchema, indexName, type TokenShardEntry } from './shard-index.ts'
import { TokenShardError } from './token-shard-error.ts'

/** What an interrupted run has finished, and where it continues. */
export interface Unfinished {
  version: 2
  /** Of the stream, the tokenizer and the options: another one cannot continue. */
  signature: string
  shards: TokenShardEntry[]
  /** The stream's state, and how many stories from there are in the shards already. */
  state: StreamState | null
  skip: number
  /** Stories taken from the stream. */
  taken: number
  fingerprint: string
  longest: number
}

export const unfinishedName = 'unfinished.json'

export function saveUnfinished(folder: string, unfinished: Unfinished): Promise<void> {
  return writeFileAtomically(join(folder, unfinishedName), JSON.stringify(unfinished))
}

const unfinishedSchema = v.object({
  version: v.literal(2),
  signature: v.string(),
  shards: v.array(entrySchema),
  state: v.nullable(v.custom<StreamState>(state => typeof state === 'object' && state !== null)),
  skip: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  taken: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  longest: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})

/** Undefined when there is nothing that can be continued. */
export async function readUnfinished(folder: string): Promise<Unfinished | undefined> {
  const path = join(folder, unfinishedName)
  const text = await readTextFileIfPresent(path)
  if (text === undefined) return undefined
  let unfinished: Unfinished
  try {
    unfinished = parseValue(unfinishedSchema, parseJson(text, { source: path }), path)
  } catch (error) {
    // Whatever it is, the shards are written again.
    if (InputError.isInstance(error)) return undefined
    throw error
  }
  for (const { file, sha256, storiesFile, storiesSha256 } of unfinished.shards) {
    if ((await fileSha256(join(folder, file))) !== sha256) return undefined
    if ((await fileSha256(join(folder, storiesFile))) !== storiesSha256) return undefined
  }
  return unfinished
}

/** Hex SHA-256 of a file, undefined when it cannot be read. */
export async function fileSha256(path: string, signal?: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    const file = await openToRead(path)
    await pipeline(file.createReadStream({ highWaterMark: 1024 * 1024 }), hash, { signal })
  } catch (error) {
    if (signal?.aborted) throw error
    return undefined
  }
  return hash.digest('hex')
}

/** Our own files in a folder; an error when it holds anything else, which a mistyped name would destroy. */
export async function ownFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(error => {
    throw toFileError(error, folder, 'list')
  })
  const own =
    /^(?:shard-\d{5}(?:\.stories)?\.bin|index\.json|unfinished\.json|tokenizer\.json)(?:\..*\.tmp|\.tmp)?$/
  const foreign = names.find(name => !own.test(name) && !name.startsWith('lock.json'))
  if (foreign !== undefined) {
    throw new TokenShardError('foreign-file', { folder, file: foreign })
  }
  return names.filter(name => own.test(name))
}

/** Removes the files, what makes the others valid first. */
export async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  const first = [indexName, unfinishedName].filter(name => names.includes(name))
  const rest = names.filter(name => !first.includes(name))
  for (const name of [...first, ...rest]) await removePath(join(folder, name))
}
