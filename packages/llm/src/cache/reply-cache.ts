import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import type * as v from 'valibot'
import type { ChatReply, ChatRequest } from '../chat-types.ts'
import { LlmError } from '../errors.ts'
import { type CacheEntry, entrySchema, kind, labelSchema, maxFileBytes, version } from './entry-schema.ts'

/** What is kept of an exchange. */
export type KeptReply = Omit<ChatReply, 'cached'>

/** Replies on disk. Any number of processes may share a folder. */
export interface ReplyCache {
  /**
   * The reply of a key. Undefined for what is not there, for what a failing disk has damaged, and for an empty or cut
   * reply that has been paid once: another draw may be whole. Paid twice, it stays as it is.
   */
  get(key: string): Promise<KeptReply | undefined>
  /**
   * Keeps a reply; its file is whole before anything else happens in this process. Where another process kept a whole one
   * for the same key meanwhile, that one stays.
   *
   * @returns the reply that is kept
   */
  put(key: string, entry: { model: string; request: ChatRequest; reply: KeptReply }): Promise<KeptReply>
  /** US dollars that the replies of a key cost, where known: those of an earlier cut reply included. */
  spent(key: string): Promise<number>
}

/** Opens a folder of replies. */
export type OpenReplyCache = (folder: string) => Promise<ReplyCache>

/** Codes of files that hold something else than an entry. */
const damage: ReadonlySet<string> = new Set(['not-text', 'too-large'])
/** How often an empty or cut reply is paid, whoever asks and however often. */
const maxPaid = 2

/** Whether another draw may bring more: the reply was cut, or says nothing. */
export function isIncomplete({ finishReason, text }: Pick<ChatReply, 'finishReason' | 'text'>): boolean {
  return finishReason === 'length' || (text.trim() === '' && finishReason !== 'content_filter')
}

/**
 * Opens a folder of replies: `cache.json` names the version, each reply is a JSON file named by its key. Files are for
 * their owner alone (mode 0600).
 *
 * @throws LlmError `foreign-cache`, `cache-unusable`
 */
export async function openReplyCache(folder: string): Promise<ReplyCache> {
  const { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } = await import('node:fs')
  const { dirname, join } = await import('node:path')
  const { createFolder, FileError, readTextFileIfPresent, toFileError } = await import(
    '@tinystories/utils/disk'
  )
  const unusable = (error: unknown): LlmError => {
    const reason = FileError.isInstance(error) ? error.problem.replace(/\.$/, '') : String(error)
    return new LlmError('cache-unusable', { folder, reason }, { cause: error })
  }
  let files = 0

  function makeParent(path: string): void {
    try {
      mkdirSync(dirname(path), { mode: 0o700 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }

  /**
   * Writes beside the target and links it, so that no reader ever sees half a file, and the first of two writers stays;
   * or renames it, so that it replaces what is there. Synchronous: between a paid reply and its file nothing else may
   * happen, since the process may be killed at any time. Not synced: after a power failure a file may be damaged, which is
   * noticed, and asked for again.
   */
  function place(target: string, content: string, replaces = false): boolean {
    const part = `${target}.${process.pid}-${files++}-${crypto.randomUUID().slice(0, 8)}.part`
    try {
      makeParent(target)
      writeFileSync(part, content, { flag: 'wx', mode: 0o600 })
      if (replaces) renameSync(part, target)
      else linkSync(part, target)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw unusable(toFileError(error, target, 'write'))
    } finally {
      try {
        rmSync(part, { force: true })
      } catch {
        // It was never written, which the error above says.
      }
    }
  }

  /** A file as its schema types it; `missing`, or `damaged` where it is something else. */
  async function read<const Schema extends v.GenericSchema>(
    path: string,
    schema: Schema,
  ): Promise<v.InferOutput<Schema> | 'missing' | 'damaged'> {
    try {
      const text = await readTextFileIfPresent(path, { maxBytes: maxFileBytes })
      if (text === undefined) return 'missing'
      return parseValue(schema, parseJson(text, { source: path }), path)
    } catch (error) {
      const isDamaged =
        InputError.isInstance(error) || (FileError.isInstance(error) && damage.has(error.code))
      if (isDamaged) return 'damaged'
      throw unusable(error)
    }
  }

  const label = join(folder, 'cache.json')
  await createFolder(folder, { mode: 0o700 }).catch(error => {
    throw unusable(error)
  })
  place(label, `${JSON.stringify({ kind, version })}\n`)
  const found = await read(label, labelSchema)
  if (typeof found === 'string' || found.version !== version) {
    const theirs = typeof found === 'string' ? undefined : found.version
    throw new LlmError('foreign-cache', { folder, version: theirs, expected: version })
  }

  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.json`)
  const entryOf = async (key: string): Promise<CacheEntry | undefined> => {
    const entry = await read(pathOf(key), entrySchema)
    return typeof entry === 'string' || entry.key !== key ? undefined : entry
  }
  const isFinal = ({ reply, paid }: CacheEntry): boolean => !isIncomplete(reply) || paid >= maxPaid
  const replyOf = ({ reply }: CacheEntry): KeptReply => ({ ...reply, cost: reply.cost })
  return {
    async get(key) {
      const entry = await entryOf(key)
      return entry && isFinal(entry) ? replyOf(entry) : undefined
    },
    async put(key, { model, request, reply }) {
      const write = (paid: number, spent: number, replaces: boolean): boolean =>
        place(
          pathOf(key),
          `${JSON.stringify({ key, model, paid, spent: spent + (reply.cost ?? 0), request, reply })}\n`,
          replaces,
        )
      if (write(1, 0, false)) return reply
      const earlier = await entryOf(key)
      if (earlier !== undefined && isFinal(earlier)) return replyOf(earlier)
      // A cut reply that is drawn again, or a damaged file.
      write((earlier?.paid ?? 0) + 1, earlier?.spent ?? 0, true)
      return reply
    },
    spent: async key => (await entryOf(key))?.spent ?? 0,
  }
}
