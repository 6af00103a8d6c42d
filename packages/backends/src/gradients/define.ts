import type { NamedAttrMap, NamedTensorMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { broadcast_util, cast, clone, engine, reshape, sum, unsortedSegmentSum } from '@tensorflow/tfjs-core'
import { keepGradient } from './keep-gradient.ts'

/** What a gradient function returns: for each input's name, a function that makes its gradient. */
export type InputGradients = Record<string, () => Tensor>

/** A gradient definition for one kernel. `A` is the type of the kernel's attributes. */
export interface GradientDefinition<A> {
  /** Names of the inputs kept for the backward pass; they come first in `saved`. */
  save?: string[]
  /** Keep all inputs, for kernels that take a list. */
  saveAll?: boolean
  /** Which outputs are kept for the backward pass; they come last in `saved`. */
  saveOutputs?: boolean[]
  /** Gradients of a kernel with one output. Kernels with several use `gradients`. */
  gradient?: (dy: Tensor, saved: Tensor[], attrs: A) => InputGradients
  /** Gradients of a kernel with several outputs: one dy each. */
  gradients?: (dys: Tensor[], saved: Tensor[], attrs: A) => InputGradients
}

/** Runs a kernel with one output that tfjs has no function for. */
export function runKernel(kernel: string, inputs: NamedTensorMap, attrs: object): Tensor {
  return engine().runKernel(kernel, inputs, attrs as NamedAttrMap) as Tensor
}

/** Registers a gradient in place of the one that tfjs has. */
export function define<A = NamedAttrMap>(kernelName: string, definition: GradientDefinition<A>): void {
  const { gradient, gradients } = definition
  keepGradient({
    kernelName,
    ...(definition.save && { inputsToSave: definition.save }),
    ...(definition.saveAll && { saveAllInputs: true }),
    ...(definition.saveOutputs && { outputsToSave: definition.saveOutputs }),
    gradFunc: (dy, saved, attrs) => {
      // The engine passes kernel attributes untyped; `A` is the type tfjs-core documents for this kernel.
      const a = attrs as unknown as A
      const dys = Array.isArray(dy) ? dy : [dy]
      const made = gradients ? gradients(dys, saved, a) : gradient!(dys[0]!, saved, a)
      return Object.fromEntries(Object.entries(made).map(([name, make]) => [name, () => fresh(make(), dys)]))
    },
  })
}

/**
 * A gradient as a tensor of its own: the engine disposes of the gradient of an input when a second one is added to it, and
 * so would dispose of that of another input if both were `dy` itself.
 */
function fresh(gradient: Tensor, dys: readonly Tensor[]): Tensor {
  return dys.includes(gradient) ? clone(gradient) : gradient
}

/** Sums `dy` over the axes along which an operand of `shape` was broadcast, so that it has that shape again. */
export function unbroadcast(dy: Tensor, shape: number[]): Tensor {
  if (dy.shape.length === shape.length && dy.shape.every((size, i) => size === shape[i])) return dy
  const axes = broadcast_util.getReductionAxes(shape, dy.shape)
  const reduced = axes.length > 0 ? sum(dy, axes) : dy
  return reshape(reduced, shape)
}

/** A vector of `size` zeros to which each element of `values` is added at its place. */
export function addAt(values: Tensor, places: Tensor, size: number): Tensor {
  const ids = reshape(places, [-1]) as Tensor1D
  return unsortedSegmentSum(reshape(values, [-1]), ids, size)
}

/** Integer operands take part in float arithmetic: their values as float32. */
export function float(x: Tensor): Tensor {
  return x.dtype === 'float32' ? x : cast(x, 'float32')
}
