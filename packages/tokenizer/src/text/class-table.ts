/** Not yet known. */
export const UNKNOWN = 0
/** Half of a surrogate pair, whose class only the whole code point tells. */
export const SURROGATE = 255

/** Classes of code points, as a scanner numbers them from 1 up, each found out when it is first met. */
export class ClassTable {
  /** Class of each UTF-16 unit, {@link UNKNOWN} or {@link SURROGATE}. */
  readonly units: Uint8Array = new Uint8Array(0x10000)
  readonly #astral: Map<number, number> = new Map()
  readonly #classify: (codePoint: number) => number

  constructor(classify: (codePoint: number) => number) {
    this.#classify = classify
    for (let unit = 0; unit < 0x80; unit++) this.units[unit] = classify(unit)
    this.units.fill(SURROGATE, 0xd800, 0xe000)
  }

  /** Class of a code point; a lone surrogate is classified each time. */
  of(codePoint: number): number {
    const known = codePoint > 0xffff ? this.#astral.get(codePoint) : this.units[codePoint]
    if (known !== undefined && known !== UNKNOWN && known !== SURROGATE) return known
    const kind = this.#classify(codePoint)
    if (codePoint > 0xffff) this.#astral.set(codePoint, kind)
    else if (known === UNKNOWN) this.units[codePoint] = kind
    return kind
  }
}
