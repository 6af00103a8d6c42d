/** Bytes that are appended at the end and consumed from the front, each copied a bounded number of times. */
export class ByteBuffer {
  /** What was appended and not consumed. Valid until the next change. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Memory of our own behind `bytes`; undefined while `bytes` is a chunk as it came. */
  #owned: Uint8Array | undefined
  #start = 0

  append(chunk: Uint8Array): void {
    const length = this.bytes.length
    if (length === 0) {
      this.bytes = chunk
      this.#owned = undefined
      return
    }
    const total = length + chunk.length
    if (this.#owned === undefined || this.#start + total > this.#owned.length) {
      // Doubling: a record of n bytes is copied at most twice, whatever the size of its chunks.
      const larger = new Uint8Array(Math.max(2 * length, total))
      larger.set(this.bytes)
      this.#owned = larger
      this.#start = 0
    }
    this.#owned.set(chunk, this.#start + length)
    this.bytes = this.#owned.subarray(this.#start, this.#start + total)
  }

  consume(count: number): void {
    this.#start += count
    this.bytes = this.bytes.subarray(count)
  }
}
