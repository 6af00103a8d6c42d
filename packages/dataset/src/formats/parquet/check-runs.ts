/** What a page says about its values, as far as their number goes. */
export interface PageShape {
  values: number
  encoding: string
  /** Of the first version: levels lie in the page, each kind after its length. */
  isFirstVersion: boolean
  maxRepetition: number
  maxDefinition: number
}

/** Values by which a bit-packed run may overshoot: they come in eights. */
const slack = 8

/**
 * Whether runs of values in a decompressed page stay within their number. hyparquet writes a run as long as it says, also
 * when that is two billion values in five bytes.
 */
export function hasValidRuns(page: Uint8Array, shape: PageShape): boolean {
  const { values, encoding, isFirstVersion, maxRepetition, maxDefinition } = shape
  let at = 0
  if (isFirstVersion) {
    for (const most of [maxRepetition, maxDefinition]) {
      if (most === 0) continue
      const length = uint32(page, at)
      at += 4
      if (!areRunsValid(page.subarray(at), widthOf(most), values)) return false
      at += length
    }
  }
  if (encoding === 'RLE') return areRunsValid(page.subarray(at + 4), 1, values)
  if (encoding !== 'RLE_DICTIONARY' && encoding !== 'PLAIN_DICTIONARY') return true
  return areRunsValid(page.subarray(at + 1), page[at] ?? 0, values)
}

/** Levels of the second version, which lie before the page's values and are never compressed. */
export function hasValidLevels(
  stored: Uint8Array,
  repetitionBytes: number,
  { values, maxRepetition, maxDefinition }: PageShape,
): boolean {
  return (
    (maxRepetition === 0 || areRunsValid(stored, widthOf(maxRepetition), values)) &&
    (maxDefinition === 0 || areRunsValid(stored.subarray(repetitionBytes), widthOf(maxDefinition), values))
  )
}

/** Parquet's hybrid of run lengths and bit packing (its format's document "Encodings"). */
function areRunsValid(bytes: Uint8Array, width: number, values: number): boolean {
  let at = 0
  for (let seen = 0; seen < values && at < bytes.length; ) {
    let header = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      // What ends early, the reader reports.
      if (byte === undefined) return true
      header += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
      if (shift > 28) return false
    }
    const isPacked = header % 2 === 1
    const count = isPacked ? Math.floor(header / 2) * 8 : header / 2
    if (seen + count > values + slack) return false
    at += isPacked ? Math.ceil((count * width) / 8) : (width + 7) >> 3
    seen += count
  }
  return true
}

/** Bits of a level. */
const widthOf = (most: number): number => 32 - Math.clz32(most)

const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)) >>>
  0

/** The shapes of pages whose bytes are decompressed later on, to be found by those bytes. */
export class PageShapes {
  readonly #pages = new Map<string, { stored: Uint8Array; shape: PageShape }[]>()

  add(stored: Uint8Array, size: number, shape: PageShape): void {
    const key = `${stored.length} ${size}`
    const known = this.#pages.get(key)
    if (known === undefined) this.#pages.set(key, [{ stored, shape }])
    else if (
      !known.some(
        page => page.stored.byteOffset === stored.byteOffset && page.stored.buffer === stored.buffer,
      )
    )
      known.push({ stored, shape })
  }

  /** Whether a page is valid in every shape that its stored bytes were announced with. */
  admit(stored: Uint8Array, page: Uint8Array): boolean {
    const known = this.#pages.get(`${stored.length} ${page.length}`) ?? []
    const same = known.length > 1 ? known.filter(other => isEqual(other.stored, stored)) : known
    return same.every(({ shape }) => hasValidRuns(page, shape))
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i])
