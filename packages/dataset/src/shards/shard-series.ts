import type { StreamState } from '../stream/cursor.ts'
import type { TokenShardEntry } from './shard-index.ts'
import { ShardWriter } from './shard-writer.ts'
import { Fingerprint, type TokenJobResult } from './story-tokens.ts'
import { removeFiles, saveUnfinished, type Unfinished } from './unfinished.ts'

export interface ShardSeriesOptions {
  folder: string
  signature: string
  shardTokens: number
  /** Numbers a story in the story table: 3 with prompts. */
  columns: 2 | 3
  /** What an interrupted run has finished. */
  before: Unfinished | undefined
  /** Files that are removed when the first tokens come, so that a mistake in the source costs nothing. */
  replaces: readonly string[]
}

/** Writes tokens into one shard after the other, and keeps where to continue after each finished one. */
export class ShardSeries {
  readonly shards: TokenShardEntry[]
  /** Stories taken from the stream. */
  taken: number
  tokens: number
  longest: number
  readonly #options: ShardSeriesOptions
  readonly #fingerprint: Fingerprint
  #replaced = false
  #current: ShardWriter | undefined

  constructor(options: ShardSeriesOptions) {
    const { before } = options
    this.#options = options
    this.shards = [...(before?.shards ?? [])]
    this.taken = before?.taken ?? 0
    this.tokens = this.shards.reduce((sum, shard) => sum + shard.tokens, 0)
    this.longest = before?.longest ?? 0
    this.#fingerprint = new Fingerprint(before?.fingerprint)
  }

  /**
   * @param state of the stream before the first of these stories
   * @param skipped stories between that state and the first of these
   */
  async add(result: TokenJobResult, state: StreamState, skipped: number): Promise<void> {
    await this.#replace()
    const { tokens, ends, bytes, promptTokens, digests } = result
    // Tokens before `written` are in a file; a run of whole stories is written in one piece.
    let written = 0
    for (let story = 0; story < ends.length; story++) {
      const begin = story === 0 ? 0 : ends[story - 1]!
      const length = ends[story]! - begin
      const current = this.#current
      if (current && length > 0 && current.tokens + length > this.#options.shardTokens) {
        await current.write(tokens.subarray(written, begin))
        written = begin
        await this.#finishShard(state, skipped + story)
      }
      this.#fingerprint.add(digests, story)
      this.taken++
      if (length === 0) continue
      this.#current ??= await ShardWriter.create(
        this.#options.folder,
        this.shards.length,
        this.#options.columns,
      )
      this.#current.addStory(length, bytes[story]!, promptTokens[story]!)
      this.tokens += length
      this.longest = Math.max(this.longest, length - 1)
    }
    if (written < tokens.length) await this.#current!.write(tokens.subarray(written))
  }

  async finish(): Promise<{ shards: TokenShardEntry[]; longest: number; fingerprint: string }> {
    await this.#replace()
    if (this.#current) {
      this.shards.push(await this.#current.finish())
      this.#current = undefined
    }
    return { shards: this.shards, longest: this.longest, fingerprint: this.#fingerprint.hex() }
  }

  /** Removes what is not finished. */
  async close(): Promise<void> {
    await this.#current?.discard()
    this.#current = undefined
  }

  async #replace(): Promise<void> {
    if (this.#replaced) return
    this.#replaced = true
    await removeFiles(this.#options.folder, this.#options.replaces)
  }

  async #finishShard(state: StreamState, skip: number): Promise<void> {
    this.shards.push(await this.#current!.finish())
    this.#current = undefined
    await saveUnfinished(this.#options.folder, {
      version: 2,
      signature: this.#options.signature,
      shards: this.shards,
      state,
      skip,
      taken: this.taken,
      fingerprint: this.#fingerprint.hex(),
      longest: this.longest,
    })
  }
}
