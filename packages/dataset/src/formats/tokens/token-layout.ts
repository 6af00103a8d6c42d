import { DatasetError } from '../../errors/dataset-error.ts'

/** How token ids lie in a `.bin` file. */
export interface TokenLayout {
  /** Bytes of one id, little-endian. */
  readonly width: 2 | 4
  /** Bytes before the first id. */
  readonly start: number
  /** Ids in the file. */
  readonly count: number
}

/** Bytes of the header that llm.c writes: 256 numbers of 32 bits. */
const headerBytes = 1024

/** What that header begins with, and the width of the ids behind it (llm.c, dev/data/data_common.py). */
const magics: Record<number, { version: number; width: 2 | 4 }> = {
  20240520: { version: 1, width: 2 },
  20240801: { version: 7, width: 4 },
}

/** No vocabulary in use has more ids than this, so that other 32-bit numbers are two ids of 16 bits. */
const largestId = 1 << 20

/**
 * The layout of a token file: with the header of llm.c as that says, else ids from the first byte on, as nanoGPT and
 * llama2.c write them. Their width is inferred from the first ids: of 32-bit ids every other 16-bit number is nearly always 0.
 *
 * @throws DatasetError `damaged` when size and header contradict each other
 */
export function tokenLayout(
  source: string,
  head: Uint8Array,
  size: number,
  width: 2 | 4 | undefined,
): TokenLayout {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const known = head.length >= headerBytes ? magics[view.getInt32(0, true)] : undefined
  const damaged = (problem: string): DatasetError =>
    new DatasetError('damaged', { source, format: 'token', problem })
  if (known !== undefined && known.version === view.getInt32(4, true)) {
    const count = view.getInt32(8, true)
    const present = (size - headerBytes) / known.width
    if (present !== count) {
      throw damaged(`its header counts ${count} tokens, and ${Math.floor(present)} are present`)
    }
    return { width: known.width, start: headerBytes, count }
  }
  const chosen = width ?? guessWidth(view)
  if (size % chosen !== 0)
    throw damaged(`its ${size} bytes are not a whole number of ${8 * chosen}-bit token ids`)
  return { width: chosen, start: 0, count: size / chosen }
}

function guessWidth(view: DataView): 2 | 4 {
  if (view.byteLength < 4) return 2
  const count = Math.floor(view.byteLength / 4)
  let nonZero = 0
  for (let i = 0; i < count; i++) {
    const id = view.getUint32(4 * i, true)
    if (id >= largestId) return 2
    if (id >= 1 << 16) nonZero++
  }
  // Ids above 65,535 are rare in a stream of text, and pairs of 16-bit ids with a small second one rarer still.
  return nonZero <= count / 2 ? 4 : 2
}
