import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { StreamState } from '../stream/cursor.ts'
import { writeWhole } from './durable.ts'
import { indexName, type TokenShardEntry } from './shard-index.ts'
import { systemProblem, TokenShardError } from './token-shard-error.ts'

/** What an interrupted run has finished, and where it goes on. */
export interface Unfinished {
  version: 1
  /** Of the stream, the tokenizer and the options: another one cannot go on. */
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
  return writeWhole(join(folder, unfinishedName), JSON.stringify(unfinished))
}

/** Undefined when there is nothing that can be gone on with. */
export async function readUnfinished(folder: string): Promise<Unfinished | undefined> {
  let unfinished: Unfinished
  try {
    unfinished = JSON.parse(await readFile(join(folder, unfinishedName), 'utf8')) as Unfinished
  } catch {
    return undefined
  }
  if (unfinished.version !== 1 || !Array.isArray(unfinished.shards)) return undefined
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
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash, { signal })
  } catch (error) {
    if (signal?.aborted) throw error
    return undefined
  }
  return hash.digest('hex')
}

/** Our own files in a folder; an error when it holds anything else, which a mistyped name would destroy. */
export async function ownFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(error => {
    throw systemProblem(folder, 'the folder cannot be read', error)
  })
  const own = /^(?:shard-\d{5}(?:\.stories)?\.bin|index\.json|unfinished\.json|tokenizer\.json)(?:\.tmp)?$/
  const foreign = names.find(name => !own.test(name) && !name.startsWith('lock.json'))
  if (foreign !== undefined) {
    throw new TokenShardError({
      path: folder,
      problem: `the folder holds ${foreign}, which is none of ours`,
      remedy: 'Choose a new or an empty folder',
    })
  }
  return names.filter(name => own.test(name))
}

/** Removes the files, what makes the others valid first. */
export async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  const first = [indexName, unfinishedName].filter(name => names.includes(name))
  const rest = names.filter(name => !first.includes(name))
  for (const name of [...first, ...rest]) await rm(join(folder, name), { force: true })
}
