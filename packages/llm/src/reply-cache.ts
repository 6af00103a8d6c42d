import type { ChatReply, ChatRequest } from './chat-types.ts'
import { CacheError } from './errors.ts'

/** What is kept of an exchange. */
export type KeptReply = Omit<ChatReply, 'cached'>

/** Replies on disk. Any number of processes may share a folder. */
export interface ReplyCache {
  /** Undefined for what is not there, and for what a failing disk has spoilt. */
  get(key: string): Promise<KeptReply | undefined>
  /**
   * Keeps a reply; its file is whole before anything else happens in this process. Where another process kept one for the same key
   * meanwhile, that one stays.
   *
   * @returns the reply that is kept
   */
  put(key: string, entry: { model: string; request: ChatRequest; reply: KeptReply }): Promise<KeptReply>
}

/** Opens a place for replies. */
export type OpenReplyCache = (folder: string) => Promise<ReplyCache>

/** Of the files. What a newer version of the package writes differently gets another number. */
const version = 1
const kind = 'tinystories-llm-cache'

/**
 * Opens a folder of replies: `cache.json` names the version, each reply is a JSON file named by its key.
 *
 * @throws CacheError when another version wrote the folder, or it cannot be written
 */
export async function openReplyCache(folder: string): Promise<ReplyCache> {
  const { linkSync, mkdirSync, rmSync, writeFileSync } = await import('node:fs')
  const { readFile } = await import('node:fs/promises')
  const { dirname, join } = await import('node:path')
  const refused = (error: unknown): CacheError => {
    const { message } = error as Error
    return new CacheError(
      `The cache ${folder} cannot be used (${message}). Choose another folder or free some space.`,
    )
  }
  let files = 0

  /**
   * Writes beside the target and links it: no reader ever sees half a file, and the first of two writers stays.
   * At once and not in the background: between a paid reply and its file nothing else may happen, since the process may be
   * killed at any time. Not synced: after a power failure a file may be spoilt, which is seen, and asked for again.
   */
  function place(target: string, content: string): boolean {
    const part = `${target}.${process.pid}-${Date.now().toString(36)}-${files++}.part`
    try {
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(part, content, { flag: 'wx' })
      linkSync(part, target)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw refused(error)
    } finally {
      try {
        rmSync(part, { force: true })
      } catch {
        // It was never made, which the error above tells.
      }
    }
  }

  async function read(path: string): Promise<unknown> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw refused(error)
    }
    try {
      return JSON.parse(text)
    } catch {
      return null
    }
  }

  const label = join(folder, 'cache.json')
  place(label, `${JSON.stringify({ kind, version })}\n`)
  const found = (await read(label)) as { kind?: unknown; version?: unknown } | null | undefined
  if (found?.kind !== kind || found.version !== version) {
    const theirs = found?.kind === kind ? `in version ${String(found.version)}` : 'by another program'
    throw new CacheError(
      `The cache ${folder} was written ${theirs}, this program reads version ${version}. Choose another folder, or delete this one if its replies are not needed.`,
    )
  }

  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.json`)
  const get: ReplyCache['get'] = async key => {
    const entry = (await read(pathOf(key))) as { key?: unknown; reply?: KeptReply } | null | undefined
    return entry?.key === key && typeof entry.reply?.text === 'string' ? entry.reply : undefined
  }
  return {
    get,
    async put(key, { model, request, reply }) {
      const content = `${JSON.stringify({ key, model, request, reply })}\n`
      if (place(pathOf(key), content)) return reply
      const kept = await get(key)
      if (kept !== undefined) return kept
      // What lies there is spoilt.
      rmSync(pathOf(key), { force: true })
      place(pathOf(key), content)
      return reply
    },
  }
}
