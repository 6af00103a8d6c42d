import type { TensorSpec } from '../tree.ts'
import type { Inputs } from './agree.ts'
import type { KernelCase } from './kernel-case.ts'
import { randomData, randomNumbers } from './random.ts'

/** Random sizes and values for a kernel's case. */
export function caseInputs({ shapes, dtypes = [], range }: KernelCase, seed: number): Inputs {
  const next = randomNumbers(seed)
  const sizes = {
    n: 1 + Math.floor(next() * 7),
    m: 1 + Math.floor(next() * 7),
    k: 1 + Math.floor(next() * 7),
  }
  const length = (size: string): number => {
    const [letter, plus = '0'] = size.split('+') as [string, string?]
    return (sizes[letter as 'n'] ?? Number(letter)) + Number(plus)
  }
  const inputs: Inputs = {}
  shapes.forEach((shape, i) => {
    const spec: TensorSpec = { shape: shape.map(length), dtype: dtypes[i] ?? 'float32' }
    inputs['abc'[i]!] = { spec, data: randomData(spec, next, ...(range ?? [])) }
  })
  return inputs
}
