const blockTokens = 1024

/** Where the stories of a shard end, and how long their texts are. */
export class StoryTable {
  readonly #ends: Uint32Array
  readonly #bytes: Uint32Array
  /** For each block of tokens the story that its first token is in, from where few steps lead to any other. */
  readonly #blocks: Uint32Array

  /** @param table pairs of end (behind the end token) and bytes */
  constructor(table: Uint32Array) {
    const stories = table.length / 2
    // Apart, so that searching the ends touches half the memory.
    this.#ends = new Uint32Array(stories)
    this.#bytes = new Uint32Array(stories)
    for (let story = 0; story < stories; story++) {
      this.#ends[story] = table[story * 2]!
      this.#bytes[story] = table[story * 2 + 1]!
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

  /** The bytes that the tokens `from` .. `to` - 1 stand for; a story's bytes are shared out as the verb `pack` does. */
  bytesBetween(from: number, to: number): number {
    let sum = 0
    for (let story = this.#storyAt(from); story < this.#ends.length; story++) {
      const begin = this.begin(story)
      if (begin >= to) break
      const end = this.#ends[story]!
      const bytes = this.#bytes[story]!
      if (begin >= from && end <= to) sum += bytes
      else {
        const until = (token: number): number => Math.floor((bytes * (token - begin)) / (end - begin))
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
