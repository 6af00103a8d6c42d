import { enlarged } from '../memory/enlarged.ts'

/** Pieces of words end to end, each with the range of the raw word it stands for. */
export class PieceList {
  ids: Int32Array = new Int32Array(8192)
  starts: Int32Array = new Int32Array(8192)
  ends: Int32Array = new Int32Array(8192)
  length = 0

  push(id: number, start: number, end: number): void {
    const at = this.length++
    if (at === this.ids.length) {
      this.ids = enlarged(this.ids, at * 2)
      this.starts = enlarged(this.starts, at * 2)
      this.ends = enlarged(this.ends, at * 2)
    }
    this.ids[at] = id
    this.starts[at] = start
    this.ends[at] = end
  }
}

/** Splits normalized words into the pieces of a vocabulary. */
export interface WordModel {
  /** Appends the pieces of a word that is not empty. */
  split(word: WordUnits, out: PieceList): void
}

/** A normalized word: its UTF-16 units, each with the range of the raw word it came from. */
export interface WordUnits {
  readonly units: Uint16Array
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly length: number
  /** Unicode code points in the word. */
  readonly codePoints: number
}
