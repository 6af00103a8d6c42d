import { closeSync, openSync, readSync } from 'node:fs'
import { littleEndian, type TokenArray, type TokenDtype, tokenArray, widthOf } from './dtype.ts'
import { systemProblem, TokenShardError } from './errors.ts'

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
  /** Tokens that are at hand, from `#from` on. */
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
  }

  /** A view of tokens, valid until the next call. The range must lie in the file. */
  view(from: number, count: number): TokenArray {
    const to = from + count
    if (from < this.#from || to > this.#from + this.#filled) {
      if (this.#keep) this.#fill(0, this.tokens)
      // In order, or nearly: a row begins with the last token of the one before.
      else if (from >= this.#end - 1 && from <= this.#end)
        this.#fill(from, Math.max(count, this.#readAhead()))
      else {
        this.#end = to
        if (this.#scratch.length < count) this.#scratch = tokenArray(this.#dtype, count)
        const view = this.#scratch.subarray(0, count)
        this.#read(view, from)
        return view
      }
    }
    this.#end = to
    return this.#piece.subarray(from - this.#from, to - this.#from)
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #readAhead(): number {
    return readAheadBytes / widthOf[this.#dtype]
  }

  #fill(from: number, count: number): void {
    const wanted = Math.min(count, this.tokens - from)
    if (this.#piece.length < wanted) this.#piece = tokenArray(this.#dtype, wanted)
    this.#filled = 0
    this.#read(this.#piece.subarray(0, wanted), from)
    this.#from = from
    this.#filled = wanted
  }

  #read(target: TokenArray, from: number): void {
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    let done = 0
    while (done < bytes.length) {
      let got: number
      try {
        this.#descriptor ??= openSync(this.#path, 'r')
        got = readSync(
          this.#descriptor,
          bytes,
          done,
          // One call takes 2 GiB at most.
          Math.min(bytes.length - done, 2 ** 30),
          from * widthOf[this.#dtype] + done,
        )
      } catch (error) {
        throw systemProblem(this.#path, 'it cannot be read', error)
      }
      if (got === 0) throw truncated(this.#path, from * widthOf[this.#dtype] + done)
      done += got
    }
    littleEndian(target)
  }
}

function truncated(path: string, at: number): TokenShardError {
  return new TokenShardError({
    path,
    problem: `the file ends at byte ${at}, before its tokens do: it was cut off`,
    remedy: 'Write the shards again, or copy the folder again',
  })
}
