/** A number, or numbers in arrays (nested ones too) or typed arrays. */
export type Numbers = number | ArrayLike<number> | readonly Numbers[]

/** How far a number may lie from the one expected: `absolute + relative * |expected|`. */
export type Tolerance = { absolute: number; relative?: number } | { absolute?: number; relative: number }

/** The numbers compared so far. */
interface Comparison {
  count: number
  far: number
  worst: { excess: number; message: string }
}

/**
 * Compares numbers one by one.
 *
 * @returns what is wrong in one sentence: the worst number with its index, both values and the error, or where the
 * shapes differ; undefined when every number is within the tolerance
 * @throws TypeError when the tolerance is missing, negative or not finite
 */
export function compareNumbers(
  received: unknown,
  expected: Numbers,
  tolerance: Tolerance,
): string | undefined {
  const { absolute, relative } = tolerance
  const given = [absolute, relative].filter(each => each !== undefined)
  if (given.length === 0 || !given.every(each => each >= 0 && each < Number.POSITIVE_INFINITY))
    throw new TypeError('toBeNear needs { relative } or { absolute }, a number of 0 or more')
  const comparison: Comparison = { count: 0, far: 0, worst: { excess: -1, message: '' } }
  const misfit = compare(received, expected, '', tolerance, comparison)
  if (misfit !== undefined) return misfit
  const { count, far, worst } = comparison
  if (far === 0) return undefined
  return count === 1 ? worst.message : `${worst.message}; ${far} of ${count} numbers are too far`
}

/** @returns where the shapes differ; undefined when they are the same */
function compare(
  received: unknown,
  expected: Numbers,
  index: string,
  tolerance: Tolerance,
  comparison: Comparison,
): string | undefined {
  if (typeof expected === 'number') {
    if (typeof received !== 'number') return `${index}received ${nameOf(received)}, expected ${expected}`
    compareOne(received, expected, index, tolerance, comparison)
    return undefined
  }
  if (!isList(received)) return `${index}received ${nameOf(received)}, expected ${nameOf(expected)}`
  if (received.length !== expected.length)
    return `${index}received ${nameOf(received)}, expected ${nameOf(expected)}`
  for (let i = 0; i < expected.length; i++) {
    const misfit = compare(received[i], expected[i]!, `${index}[${i}] `, tolerance, comparison)
    if (misfit !== undefined) return misfit
  }
  return undefined
}

function compareOne(
  received: number,
  expected: number,
  index: string,
  { absolute = 0, relative = 0 }: Tolerance,
  comparison: Comparison,
): void {
  comparison.count++
  // Equal infinities have no difference; a finite number is never near an infinite one.
  const error = received === expected ? 0 : Math.abs(received - expected)
  const allowed = Number.isFinite(expected) ? absolute + relative * Math.abs(expected) : 0
  if (error <= allowed) return
  comparison.far++
  const excess = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error - allowed
  if (excess <= comparison.worst.excess) return
  const relativeError = expected === 0 ? '' : `, relative ${(error / Math.abs(expected)).toPrecision(3)}`
  comparison.worst = {
    excess,
    message:
      `${index}received ${received}, expected ${expected}: ` +
      `error ${error.toPrecision(3)}${relativeError}, allowed ${allowed.toPrecision(3)}`,
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function nameOf(value: unknown): string {
  return isList(value) ? `${value.constructor.name} of ${value.length}` : typeof value
}
