import { createHash } from 'node:crypto'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { removePath, toFileError, writeFileAtomically } from '@tinystories/utils/disk'
import { littleEndian, type TokenArray } from './dtype.ts'
import { sha256, type TokenShardEntry } from './shard-index.ts'

/** Files of the shard with this number. */
export function shardFiles(number: number): { file: string; storiesFile: string } {
  const name = `shard-${String(number).padStart(5, '0')}`
  return { file: `${name}.bin`, storiesFile: `${name}.stories.bin` }
}

/** Writes one shard under a temporary name; {@link finish} brings it to disk and gives it its own. */
export class ShardWriter {
  tokens = 0
  stories = 0
  bytes = 0
  readonly #folder: string
  readonly #number: number
  readonly #file: FileHandle
  readonly #path: string
  readonly #hash = createHash('sha256')
  /** For each story its end, its bytes and (with prompts) the tokens of its prompt. */
  #table: Uint32Array<ArrayBuffer>
  readonly #columns: 2 | 3

  /** See {@link create}. */
  constructor(folder: string, number: number, columns: 2 | 3, file: FileHandle, path: string) {
    this.#columns = columns
    this.#table = new Uint32Array(512 * columns)
    this.#folder = folder
    this.#number = number
    this.#file = file
    this.#path = path
  }

  static async create(folder: string, number: number, columns: 2 | 3): Promise<ShardWriter> {
    const path = join(folder, `${shardFiles(number).file}.tmp`)
    const file = await open(path, 'w').catch(error => {
      throw toFileError(error, path, 'write')
    })
    return new ShardWriter(folder, number, columns, file, path)
  }

  /** Notes a story whose tokens are among those that {@link write} is given next. */
  addStory(tokens: number, bytes: number, promptTokens: number): void {
    const row = this.stories * this.#columns
    if (row === this.#table.length) {
      const larger = new Uint32Array(this.#table.length * 2)
      larger.set(this.#table)
      this.#table = larger
    }
    this.tokens += tokens
    this.bytes += bytes
    this.#table[row] = this.tokens
    this.#table[row + 1] = bytes
    if (this.#columns === 3) this.#table[row + 2] = promptTokens
    this.stories++
  }

  async write(tokens: TokenArray): Promise<void> {
    const bytes = littleEndian(tokens)
    this.#hash.update(bytes)
    try {
      await this.#file.writeFile(bytes)
    } catch (error) {
      throw toFileError(error, this.#path, 'write')
    }
  }

  async finish(): Promise<TokenShardEntry> {
    const { file, storiesFile } = shardFiles(this.#number)
    const table = littleEndian(this.#table.subarray(0, this.stories * this.#columns))
    try {
      await this.#file.sync()
      await this.#file.close()
      await rename(this.#path, join(this.#folder, file))
    } catch (error) {
      throw toFileError(error, this.#path, 'write')
    }
    // Syncs the folder as well.
    await writeFileAtomically(join(this.#folder, storiesFile), table)
    return {
      file,
      storiesFile,
      stories: this.stories,
      tokens: this.tokens,
      bytes: this.bytes,
      sha256: this.#hash.digest('hex'),
      storiesSha256: sha256(table),
    }
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {})
    await removePath(this.#path)
  }
}
