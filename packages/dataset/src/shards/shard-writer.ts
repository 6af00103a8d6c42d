import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { littleEndian, type TokenArray } from './dtype.ts'
import { writeWhole } from './durable.ts'
import { sha256, type TokenShardEntry } from './shard-index.ts'
import { systemProblem } from './token-shard-error.ts'

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
  /** Pairs of end and bytes. */
  #table = new Uint32Array(1024)

  private constructor(folder: string, number: number, file: FileHandle, path: string) {
    this.#folder = folder
    this.#number = number
    this.#file = file
    this.#path = path
  }

  static async create(folder: string, number: number): Promise<ShardWriter> {
    const path = join(folder, `${shardFiles(number).file}.tmp`)
    const file = await open(path, 'w').catch(error => {
      throw systemProblem(path, 'the shard cannot be written', error)
    })
    return new ShardWriter(folder, number, file, path)
  }

  /** Notes a story whose tokens are among those that {@link write} is given next. */
  addStory(tokens: number, bytes: number): void {
    if (this.stories * 2 === this.#table.length) {
      const larger = new Uint32Array(this.#table.length * 2)
      larger.set(this.#table)
      this.#table = larger
    }
    this.tokens += tokens
    this.bytes += bytes
    this.#table[this.stories * 2] = this.tokens
    this.#table[this.stories * 2 + 1] = bytes
    this.stories++
  }

  async write(tokens: TokenArray): Promise<void> {
    const bytes = littleEndian(tokens)
    this.#hash.update(bytes)
    try {
      await this.#file.writeFile(bytes)
    } catch (error) {
      throw systemProblem(this.#path, 'the shard cannot be written', error)
    }
  }

  async finish(): Promise<TokenShardEntry> {
    const { file, storiesFile } = shardFiles(this.#number)
    const table = littleEndian(this.#table.subarray(0, this.stories * 2))
    try {
      await this.#file.sync()
      await this.#file.close()
      await rename(this.#path, join(this.#folder, file))
    } catch (error) {
      throw systemProblem(this.#path, 'the shard cannot be written', error)
    }
    // Syncs the folder as well.
    await writeWhole(join(this.#folder, storiesFile), table)
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
    await rm(this.#path, { force: true })
  }
}
