/** Where in a source something is wrong. */
export interface Place {
  unit: 'byte' | 'token' | 'line' | 'row' | 'story' | 'item'
  /** Bytes and tokens count from 0, the others from 1. */
  number: number
  /** The last of several. */
  last?: number
  /** The byte, from 0, where the unit is another one. */
  byte?: number
}

/** `line 3 (byte 8)`. */
export function formatPlace({ unit, number, last, byte }: Place): string {
  const what = last === undefined ? `${unit} ${number}` : `${unit}s ${number} to ${last}`
  return byte === undefined ? what : `${what} (byte ${byte})`
}
