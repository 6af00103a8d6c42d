/** A longer copy of an array, zeros at the end. */
export function enlarged<T extends Int32Array | Uint16Array>(array: T, size: number): T {
  const copy = new (array.constructor as new (size: number) => T)(size)
  copy.set(array)
  return copy
}
