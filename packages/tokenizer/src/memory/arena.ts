/** Makes an array of so many numbers, all zero. */
export type Allocate = (length: number) => Int32Array

/** An array of its own. */
export const allocateAlone: Allocate = length => new Int32Array(length)

/** Numbers of a block: 256 KiB. */
const BLOCK = 1 << 16

/**
 * Arrays laid out in larger blocks. A batch has thousands of small ones, and making and freeing memory for
 * each costs more than a view does; a block is freed when nobody holds an array of it any more.
 */
export function arena(): Allocate {
  let block = new Int32Array(0)
  let at = 0
  return length => {
    if (at + length > block.length) {
      block = new Int32Array(Math.max(BLOCK, length))
      at = 0
    }
    at += length
    return block.subarray(at - length, at)
  }
}
