import type { Tensor } from '@tensorflow/tfjs-core'
import type { TensorSpec } from '../tree.ts'
import type { AgreeOptions } from './agree.ts'

/** A function of up to three random tensors, to be compiled and compared with tfjs. */
export interface KernelCase extends AgreeOptions {
  name: string
  /** Shapes of the inputs a, b, c; a random size for each letter n, m, k. */
  shapes: string[][]
  dtypes?: TensorSpec['dtype'][]
  /** Range of the values. */
  range?: [number, number]
  fn: (a: Tensor, b: Tensor, c: Tensor) => Tensor | Tensor[]
}

/** Longer sums in another order, and transcendental functions of another library. */
export const LOOSE = 2e-5

/** The usual shape: two random sizes. */
export const matrix: string[] = ['n', 'm']
/** A function of one tensor, compared loosely. */
export const unary = (
  name: string,
  fn: (x: Tensor) => Tensor,
  options: Partial<KernelCase> = {},
): KernelCase => ({
  name,
  shapes: [matrix],
  tolerance: LOOSE,
  ...options,
  fn,
})
/** A function of two tensors, in all the ways their shapes can broadcast. */
export const both = (
  name: string,
  fn: (a: Tensor, b: Tensor) => Tensor,
  options: Partial<KernelCase> = {},
): KernelCase[] =>
  [
    [matrix, matrix],
    [matrix, ['m']],
    [
      ['n', '1'],
      ['1', 'm'],
    ],
    [[], matrix],
    [
      ['k', 'n', 'm'],
      ['n', '1'],
    ],
  ].map((shapes, i) => ({
    name: `${name} ${['same', 'row', 'outer', 'scalar', 'batch'][i]}`,
    shapes,
    ...options,
    fn,
  }))

export const ints: Partial<KernelCase> = { dtypes: ['int32', 'int32'], range: [-9, 9] }
export const bools: Partial<KernelCase> = { dtypes: ['bool', 'bool'] }
export const positive: Partial<KernelCase> = { range: [0.1, 3] }
export const whole: Partial<KernelCase> = { dtypes: ['int32'], range: [-9, 9] }
export const unit: Partial<KernelCase> = { range: [-0.9, 0.9] }
