import { Column, Type } from '@uwdata/flechette'

/**
 * What flechette keeps of a column's part: of lists and text where each value begins, in the child or in the bytes; of
 * unions the child of each value; of views (16 bytes each) the buffers that they point into.
 */
export interface Part {
  length: number
  type: { typeId: number; stride?: number }
  offsets?: ArrayLike<number | bigint>
  sizes?: ArrayLike<number | bigint>
  typeIds?: ArrayLike<number>
  values?: unknown
  data?: readonly Uint8Array[]
  children?: readonly Part[]
}

/**
 * Whether a part has something for every row that it announces, and lists end within their items; flechette relies on
 * it, and would fill the memory.
 */
export function isSound(part: Part): boolean {
  const { length, type, offsets, sizes, typeIds, values, children = [] } = part
  if (!children.every(isSound)) return false
  if (typeIds !== undefined) return typeIds.length >= length
  if (offsets === undefined) {
    if (children.length === 0) return holds(values, length)
    // One run may stand for any number of rows.
    if (type.typeId === Type.RunEndEncoded) return true
    return children.every(child => child.length >= length * (type.stride ?? 1))
  }
  const items = itemsOf(part)
  if (offsets.length < (sizes === undefined ? length + 1 : length)) return false
  for (let i = 0; i < length; i++) {
    const from = Number(offsets[i])
    const to = sizes === undefined ? Number(offsets[i + 1]) : from + Number(sizes[i])
    if (!(from >= 0 && from <= to && to <= items)) return false
  }
  return true
}

/** Whether a part has no buffers at all: a column of nothing but nulls takes no bytes. */
export const isNull = ({ offsets, values, children = [] }: Part): boolean =>
  offsets === undefined && values === undefined && children.length === 0

/**
 * Runs what decodes dictionaries. flechette does so as soon as it meets them, so they are looked at on their way: each
 * must be sound, and values that share their bytes, as in no dictionary that was written, must not add up to more.
 */
export function withSoundDictionaries<T>(decode: () => T): T {
  const { cache } = Column.prototype
  Column.prototype.cache = function (this: Column<unknown>) {
    const parts = this.data as unknown as readonly Part[]
    if (!parts.every(part => isSound(part) && !expands(part))) throw new Error('a dictionary is not whole')
    return cache.call(this)
  }
  try {
    return decode()
  } finally {
    Column.prototype.cache = cache
  }
}

/** Whether the values of a part take more than its buffers have. */
function expands(part: Part): boolean {
  const { length, type, sizes, values, data, children = [] } = part
  if (type.typeId === Type.RunEndEncoded || children.some(expands)) return true
  if (sizes !== undefined) {
    let total = 0
    for (let i = 0; i < length; i++) total += Number(sizes[i])
    return total > itemsOf(part)
  }
  if (data === undefined || !(values instanceof Uint8Array)) return false
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  if (view.byteLength < 16 * length) return true
  let total = 0
  for (let i = 0; i < length; i++) total += Math.max(0, view.getInt32(16 * i, true))
  return total > data.reduce((sum, { length }) => sum + length, values.length)
}

/** Items that the lists of a part, or the bytes that its text, are cut from. */
const itemsOf = ({ values, children = [] }: Part): number =>
  children.length > 0 ? children[0]!.length : ((values as Uint8Array | undefined)?.length ?? 0)

/** A bit a value is the least. */
const holds = (values: unknown, length: number): boolean =>
  length === 0 || (ArrayBuffer.isView(values) && 8 * values.byteLength >= length)
