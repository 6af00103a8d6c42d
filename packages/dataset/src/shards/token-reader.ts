import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileBytes, readTextFileIfPresent, toFileError } from '@tinystories/utils/disk'
import type { PackedRow, TokenBatch, TokenizedStory } from '../stream/tokens.ts'
import { littleEndian, type TokenArray, tokenArray, widthOf } from './dtype.ts'
import { indexName, parseIndex, sha256, type TokenShardEntry, type TokenShardIndex } from './shard-index.ts'
import { StoryTable } from './story-table.ts'
import { TokenFile } from './token-file.ts'
import { TokenShardError } from './token-shard-error.ts'
import { fileSha256, unfinishedName } from './unfinished.ts'

/** Options of reading token shards. */
export interface TokenReaderOptions {
  /** Compare all checksums on opening. Default false: sizes and the index's own checksum only. */
  verify?: boolean
  /** Token files are kept in memory when all of them together are not larger. Default 64 MiB. */
  cacheBytes?: number
  signal?: AbortSignal
}

/** One shard while it is read. */
export interface OpenShard {
  file: TokenFile
  entry: TokenShardEntry
  stories: StoryTable
  /** Number of its first token and first story in the whole. */
  firstToken: number
  firstStory: number
}

/** Random access to the tokens of a folder. Reading is synchronous; {@link close} it when done. */
export class TokenReader {
  readonly index: TokenShardIndex
  readonly #shards: readonly OpenShard[]
  #last: OpenShard
  /** Where the tokens sought last are. */
  #data: TokenArray

  /** See {@link open}. */
  constructor(index: TokenShardIndex, shards: readonly OpenShard[]) {
    this.index = index
    this.#shards = shards
    this.#last = shards[0]!
    this.#data = tokenArray(index.dtype, 0)
  }

  /** @throws TokenShardError when the folder holds no whole token shards */
  static async open(folder: string, options: TokenReaderOptions = {}): Promise<TokenReader> {
    const index = await readIndex(folder)
    const { cacheBytes = 64 * 1024 * 1024, verify = false, signal } = options
    const keep = index.tokens * widthOf[index.dtype] <= cacheBytes
    const shards: OpenShard[] = []
    let firstToken = 0
    let firstStory = 0
    for (const entry of index.shards) {
      signal?.throwIfAborted()
      const stories = await openStoryTable(folder, index, entry, { verify, ...(signal && { signal }) })
      const file = new TokenFile(join(folder, entry.file), index.dtype, entry.tokens, keep)
      shards.push({ file, entry, stories, firstToken, firstStory })
      firstToken += entry.tokens
      firstStory += entry.stories
    }
    return new TokenReader(index, shards)
  }

  /** Tokens from number `from` on, as they are stored; the view is valid until the next read. */
  tokens(from: number, count: number): Uint16Array | Uint32Array {
    const { tokens } = this.index
    if (!(Number.isSafeInteger(from) && from >= 0 && Number.isSafeInteger(count) && from + count <= tokens)) {
      throw new TokenShardError('out-of-range', { what: 'token', number: from + count, count: tokens })
    }
    if (count === 0) return tokenArray(this.index.dtype, 0)
    const at = this.#seek(from, count)
    return this.#data.subarray(at, at + count)
  }

  /** Story number `story`, from 0. */
  story(story: number): TokenizedStory {
    if (!(Number.isSafeInteger(story) && story >= 0 && story < this.index.stories)) {
      throw new TokenShardError('out-of-range', { what: 'story', number: story, count: this.index.stories })
    }
    const { file, stories, firstStory } = this.#shardOf(story, 'firstStory', 'stories')
    const begin = stories.begin(story - firstStory)
    const ids = new Int32Array(stories.end(story - firstStory) - 1 - begin)
    const at = file.seek(begin, ids.length)
    for (let i = 0; i < ids.length; i++) ids[i] = file.data[at + i]!
    const promptTokens = stories.prompt(story - firstStory)
    return {
      ids,
      eos: this.index.eos,
      bytes: stories.bytes(story - firstStory),
      ...(promptTokens > 0 ? { promptTokens } : {}),
    }
  }

  /** Rows of `contextLength` targets that the tokens make, the last one not full where need be. */
  windows(contextLength: number): number {
    return Math.ceil(this.index.tokens / contextLength)
  }

  /** Row number `window`: exactly what `pack` makes of the stories in their order. */
  window(window: number, contextLength: number, promptLossWeight = 0): PackedRow {
    const row = {
      inputs: new Int32Array(contextLength),
      targets: new Int32Array(contextLength),
      mask: new Float32Array(contextLength),
    }
    return { ...row, bytes: this.readWindow(window, row, 0, contextLength, promptLossWeight) }
  }

  /** Writes row number `window` into a batch as its row `row`. Returns the bytes it stands for. */
  readWindow(
    window: number,
    { inputs, targets, mask }: Pick<TokenBatch, 'inputs' | 'targets' | 'mask'>,
    row: number,
    contextLength: number,
    promptLossWeight = 0,
  ): number {
    const at = row * contextLength
    const from = window * contextLength
    if (!(Number.isSafeInteger(window) && window >= 0 && from < this.index.tokens)) {
      throw new TokenShardError('out-of-range', {
        what: 'row',
        number: window,
        count: this.windows(contextLength),
      })
    }
    const count = Math.min(contextLength, this.index.tokens - from)
    // The input of the first target is the token before it; before the very first one stands the end token.
    const before = from === 0 ? 0 : 1
    const start = this.#seek(from - before, count + before) + before
    const data = this.#data
    inputs[at] = before === 0 ? this.index.eos : data[start - 1]!
    // A loop is faster than making views and copying those.
    for (let i = 1; i < count; i++) inputs[at + i] = targets[at + i - 1] = data[start + i - 1]!
    targets[at + count - 1] = data[start + count - 1]!
    if (count < contextLength) {
      inputs.fill(this.index.eos, at + count, at + contextLength)
      targets.fill(this.index.eos, at + count, at + contextLength)
    }
    mask.fill(1, at, at + count)
    return this.#describe(from, from + count, mask, at, promptLossWeight)
  }

  close(): void {
    for (const { file } of this.#shards) file.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** Loads tokens into `#data` and returns where they begin. */
  #seek(from: number, count: number): number {
    const shard = this.#shardOf(from, 'firstToken', 'tokens')
    const begin = from - shard.firstToken
    if (begin + count <= shard.entry.tokens) {
      const at = shard.file.seek(begin, count)
      this.#data = shard.file.data
      return at
    }
    const joined = tokenArray(this.index.dtype, count)
    for (let done = 0; done < count; ) {
      const { file, entry, firstToken } = this.#shardOf(from + done, 'firstToken', 'tokens')
      const start = from + done - firstToken
      const length = Math.min(count - done, entry.tokens - start)
      const at = file.seek(start, length)
      joined.set(file.data.subarray(at, at + length), done)
      done += length
    }
    this.#data = joined
    return 0
  }

  /** Masks prompts among the tokens `from` .. `to` - 1 and returns the bytes that those stand for. */
  #describe(from: number, to: number, mask: Float32Array, maskAt: number, promptLossWeight: number): number {
    let bytes = 0
    for (let at = from; at < to; ) {
      const { stories, entry, firstToken } = this.#shardOf(at, 'firstToken', 'tokens')
      const end = Math.min(to - firstToken, entry.tokens)
      bytes += stories.bytesBetween(at - firstToken, end)
      stories.maskPrompts(at - firstToken, end, mask, maskAt + at - from, promptLossWeight)
      at = firstToken + end
    }
    return bytes
  }

  #shardOf(number: number, first: 'firstToken' | 'firstStory', size: 'tokens' | 'stories'): OpenShard {
    const last = this.#last
    if (number >= last[first] && number < last[first] + last.entry[size]) return last
    let low = 0
    let high = this.#shards.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#shards[middle]![first] <= number) low = middle
      else high = middle - 1
    }
    this.#last = this.#shards[low]!
    return this.#last
  }
}

/**
 * Opens the story table of a shard after comparing the sizes of its files; with `verify` the checksum of its tokens, too.
 *
 * @throws TokenShardError, FileError
 */
export async function openStoryTable(
  folder: string,
  index: TokenShardIndex,
  entry: TokenShardEntry,
  { verify = false, signal }: Pick<TokenReaderOptions, 'verify' | 'signal'>,
): Promise<StoryTable> {
  const path = join(folder, entry.file)
  await checkSize(path, entry.tokens * widthOf[index.dtype])
  if (verify) checkSum(path, (await fileSha256(path, signal)) ?? '', entry.sha256)
  return readStories(join(folder, entry.storiesFile), entry, index.version === 2 ? 3 : 2)
}

/** @throws TokenShardError, InputError and FileError when there is no index, or a damaged one */
export async function readIndex(folder: string): Promise<TokenShardIndex> {
  const path = join(folder, indexName)
  const text = await readTextFileIfPresent(path)
  if (text !== undefined) return parseIndex(text, path)
  const begun = await stat(join(folder, unfinishedName)).catch(() => undefined)
  throw new TokenShardError(begun ? 'interrupted' : 'no-shards', { folder })
}

async function checkSize(path: string, expected: number): Promise<void> {
  const { size } = await stat(path).catch(error => {
    throw toFileError(error, path, 'read')
  })
  if (size !== expected) throw new TokenShardError('wrong-size', { path, expected, received: size })
}

function checkSum(path: string, found: string, expected: string): void {
  if (found !== expected) throw new TokenShardError('wrong-checksum', { path })
}

/** The story table is small, so it is always checked. */
async function readStories(path: string, entry: TokenShardEntry, columns: 2 | 3): Promise<StoryTable> {
  await checkSize(path, entry.stories * columns * 4)
  const content = await readFileBytes(path)
  checkSum(path, sha256(content), entry.storiesSha256)
  const table = new Uint32Array(entry.stories * columns)
  new Uint8Array(table.buffer).set(content)
  littleEndian(table)
  if ((table[(entry.stories - 1) * columns] ?? 0) !== entry.tokens)
    throw new TokenShardError('wrong-totals', { path })
  return new StoryTable(table, columns, path)
}
