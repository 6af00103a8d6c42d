import { closeSync, readSync } from 'node:fs'
import { openToReadSync, toFileError } from '@tinystories/utils/disk'
import { littleEndian, swapNeeded, type TokenArray, type TokenDtype, tokenArray, widthOf } from './dtype.ts'
import { TokenShardError } from './token-shard-error.ts'

/** Bytes read at a time when tokens are asked for in order. */
const readAheadBytes = 1024 * 1024

/**
 * The tokens of one file. Node has no memory mapping, so they come by positioned reads into memory that is used again;
 * the system's page cache does what a map would. Reads are synchronous: a page that is in memory takes two
 * microseconds, a promise would take ten times that.
 */
export class TokenFile {
  readonly tokens: number
  readonly #path: string
  readonly #dtype: TokenDtype
  readonly #keep: boolean
  #descriptor: number | undefined
  /** Where {@link seek} found the tokens. */
  data: TokenArray
  /** Tokens that stay in memory, `#filled` of them from number `#from` on. */
  #piece: TokenArray
  #from = 0
  #filled = 0
  #scratch: TokenArray
  /** Where the request before this one ended. */
  #end = 0

  /** @param keep the whole file in memory, from the first read on */
  constructor(path: string, dtype: TokenDtype, tokens: number, keep: boolean) {
    this.tokens = tokens
    this.#path = path
    this.#dtype = dtype
    this.#keep = keep
    this.#piece = tokenArray(dtype, 0)
    this.#scratch = this.#piece
    this.data = this.#piece
  }

  /**
   * loads tokens into `data`, until the next call, and returns where in it they begin. The range must lie in the
   * file. No view is made, which would take longer than copying a row.
   */
  seek(from: number, count: number): number {
    const to = from + count
    if (from >= this.#from && to <= this.#from + this.#filled) {
      this.data = this.#piece
    } else if (this.#keep) {
      this.#fill(0, this.tokens)
    } else if (from >= this.#end - 1 && from <= this.#end) {
      // In order, or nearly: a row begins with the last token of the one before.
      this.#fill(from, Math.max(count, readAheadBytes / widthOf[this.#dtype]))
    } else {
      if (this.#scratch.length < count) this.#scratch = tokenArray(this.#dtype, count)
      this.#read(this.#scratch, count, from)
      this.#end = to
      this.data = this.#scratch
      return 0
    }
    this.#end = to
    return from - this.#from
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #fill(from: number, count: number): void {
    const wanted = Math.min(count, this.tokens - from)
    if (this.#piece.length < wanted) this.#piece = tokenArray(this.#dtype, wanted)
    this.data = this.#piece
    this.#filled = 0
    this.#read(this.#piece, wanted, from)
    this.#from = from
    this.#filled = wanted
  }

  /** Reads tokens to the beginning of `target`. */
  #read(target: TokenArray, count: number, from: number): void {
    const width = widthOf[this.#dtype]
    const size = count * width
    const start = from * width
    let done = 0
    while (done < size) {
      let got: number
      try {
        this.#descriptor ??= openToReadSync(this.#path)
        // One call takes 2 GiB at most.
        got = readSync(this.#descriptor, target, done, Math.min(size - done, 2 ** 30), start + done)
      } catch (error) {
        throw toFileError(error, this.#path, 'read')
      }
      if (got === 0)
        throw new TokenShardError('wrong-size', {
          path: this.#path,
          expected: this.tokens * width,
          received: start + done,
        })
      done += got
    }
    if (swapNeeded) littleEndian(target.subarray(0, count))
  }
}
