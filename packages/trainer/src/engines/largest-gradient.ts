import type { StepResult } from '../types.ts'

/** @param squares the sum of the squares of each parameter's gradient, in the order of `names` */
export function largestGradient(
  names: readonly string[],
  squares: ArrayLike<number>,
): StepResult['largestGradient'] {
  let largest = 0
  for (let i = 0; i < names.length; i++) {
    if (!Number.isFinite(squares[i]!)) {
      largest = i
      break
    }
    if (squares[i]! > squares[largest]!) largest = i
  }
  return { parameter: names[largest]!, norm: Math.sqrt(squares[largest]!) }
}
