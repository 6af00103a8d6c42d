import { TokenShardError } from './token-shard-error.ts'

const blockTokens = 1024

/** Where the stories of a shard end, and how long their texts are. */
export class StoryTable {
  readonly #ends: Uint32Array
  readonly #bytes: Uint32Array
  /** For each block of tokens the story that its first token is in, from where few steps lead to any other. */
  readonly #blocks: Uint32Array

  /** Tokens of each story's prompt, where the shards hold prompts. */
  readonly #prompts: Uint32Array | undefined

  /**
   * @param table for each story its end (behind the end token), its bytes and, of three columns, the tokens of its prompt
   * @throws TokenShardError when it contradicts itself
   */
  constructor(table: Uint32Array, columns: 2 | 3, path: string) {
    const stories = table.length / columns
    // Apart, so that searching the ends touches half the memory.
    this.#ends = new Uint32Array(stories)
    this.#bytes = new Uint32Array(stories)
    this.#prompts = columns === 3 ? new Uint32Array(stories) : undefined
    for (let story = 0; story < stories; story++) {
      const end = table[story * columns]!
      this.#ends[story] = end
      this.#bytes[story] = table[story * columns + 1]!
      if (this.#prompts) this.#prompts[story] = table[story * columns + 2]!
      // A story has a token and the end token; else searching would not end.
      if (end < this.begin(story) + 2 + this.prompt(story))
        throw new TokenShardError('wrong-totals', { path })
    }
    const tokens = this.#ends[stories - 1] ?? 0
    this.#blocks = new Uint32Array(Math.ceil(tokens / blockTokens))
    let story = 0
    for (let block = 0; block < this.#blocks.length; block++) {
      while (this.#ends[story]! <= block * blockTokens) story++
      this.#blocks[block] = story
    }
  }

  begin(story: number): number {
    return story === 0 ? 0 : this.#ends[story - 1]!
  }

  end(story: number): number {
    return this.#ends[story]!
  }

  bytes(story: number): number {
    return this.#bytes[story]!
  }

  /** Tokens of the story's prompt. */
  prompt(story: number): number {
    return this.#prompts?.[story] ?? 0
  }

  /** Sets `mask[at]` and on to `weight` where the tokens `from` .. `to` - 1 are a prompt's. */
  maskPrompts(from: number, to: number, mask: Float32Array, at: number, weight: number): void {
    if (this.#prompts === undefined) return
    for (let story = this.#storyAt(from); story < this.#ends.length && this.begin(story) < to; story++) {
      const begin = this.begin(story)
      const end = Math.min(to, begin + this.#prompts[story]!)
      if (end > from) mask.fill(weight, at + Math.max(begin, from) - from, at + end - from)
    }
  }

  /** The bytes that the tokens `from` .. `to` - 1 stand for; a story's bytes are distributed as `pack` does. */
  bytesBetween(from: number, to: number): number {
    let sum = 0
    for (let story = this.#storyAt(from); story < this.#ends.length; story++) {
      const begin = this.begin(story)
      if (begin >= to) break
      const end = this.#ends[story]!
      const bytes = this.#bytes[story]!
      if (begin >= from && end <= to) sum += bytes
      else {
        const first = begin + this.prompt(story)
        const until = (token: number): number =>
          Math.floor((bytes * Math.max(0, token - first)) / (end - first))
        sum += until(Math.min(to, end)) - until(Math.max(from, begin))
      }
    }
    return sum
  }

  /** The story that has this token. */
  #storyAt(token: number): number {
    let story = this.#blocks[Math.floor(token / blockTokens)]!
    while (this.#ends[story]! <= token) story++
    return story
  }
}
