/** A longer copy of an array, zeros at the end. */
export function enlarged(array: Int32Array, size: number): Int32Array {
  const copy = new Int32Array(size)
  copy.set(array)
  return copy
}
