import type { TensorInfo } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { CompilerError } from '../errors.ts'
import type { ComplexValue, Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
import { refusals } from './refusals.ts'
import type { TraceBackend } from './trace-backend.ts'
import { userLocation } from './user-location.ts'

/** The name under which the tracing backend is registered with tfjs while a function is traced. */
export const TRACE_BACKEND = 'tinystories-trace'

/** What a kernel's translation works with. */
export interface KernelContext<A> {
  readonly name: string
  readonly attrs: A
  readonly graph: GraphBuilder
  /** The input of that name. */
  input(name: string): Value
  /** The parts of an input that may be complex; a real one has the imaginary part 0. */
  complex(name: string): ComplexValue
  /** The inputs in order, of kernels that take a list. */
  inputs(): Value[]
  /** Whether an optional input is given. */
  has(name: string): boolean
}

type Result = Value | ComplexValue | readonly Value[]
export type Translation<A> = (context: KernelContext<A>) => Result

/** Kernels that move elements, and those that are linear in each: they do the same with both parts of complex values. */
const PARTWISE: ReadonlySet<string> = new Set([
  ...[tf.Identity, tf.Reshape, tf.ExpandDims, tf.Transpose, tf.Slice, tf.StridedSlice, tf.Concat, tf.SplitV],
  ...[tf.Pack, tf.Unpack, tf.Reverse, tf.Tile, tf.GatherV2, tf.PadV2, tf.ZerosLike, tf.Add, tf.Sub, tf.AddN],
  ...[tf.Sum, tf.Cast, tf.Neg],
])

/** The kernels that have a translation, once `registerTranslations` has run. */
export const translated: Set<string> = new Set()

/** Registers the translation of a tfjs kernel into nodes. `A` is the type of the kernel's attributes. */
export function translate<A = Record<never, never>>(kernelName: string, translation: Translation<A>): void {
  translated.add(kernelName)
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const trace = backend as TraceBackend
      const user = `The tfjs kernel ${kernelName}`
      trace.kernel = kernelName
      const run = (value: (tensor: TensorInfo) => Value): Result =>
        translation({
          name: kernelName,
          attrs: (attrs ?? {}) as unknown as A,
          graph: trace.graph,
          input: name => value(inputs[name]!),
          complex: name => trace.parts(inputs[name]!, user),
          inputs: () => Object.values(inputs).map(tensor => value(tensor!)),
          has: name => inputs[name] != null,
        })
      const isComplex = Object.values(inputs).some(tensor => tensor?.dtype === 'complex64')
      if (!isComplex || !PARTWISE.has(kernelName)) {
        const result = run(tensor => trace.resolve(tensor, user))
        return isList(result) ? result.map(v => trace.tensorInfo(v)) : trace.tensorInfo(result)
      }
      const [real, imag] = (['real', 'imag'] as const).map(part => run(t => trace.parts(t, user)[part]))
      // Cast to complex makes a pair already.
      if (!isList(real!) && 'real' in real!)
        return trace.tensorInfo({ real: real.real, imag: (imag as ComplexValue).real })
      // Of a complex number cast to a real one only the real part is left.
      if (kernelName === tf.Cast) return trace.tensorInfo(real as Value)
      if (isList(real!))
        return real.map((value, i) => trace.tensorInfo({ real: value, imag: (imag as Value[])[i]! }))
      return trace.tensorInfo({ real: real as Value, imag: imag as Value })
    },
  })
}

/** The names of all kernels that tfjs-core knows of. */
export function kernelNames(): string[] {
  return Object.entries(tf).flatMap(([key, value]) =>
    typeof value === 'string' && key === value ? [key] : [],
  )
}

/** Every kernel that tfjs-core knows of and nothing translates fails with an error that names it. */
export function refuseTheRest(): void {
  for (const name of kernelNames()) {
    if (translated.has(name)) continue
    tf.registerKernel({
      kernelName: name,
      backendName: TRACE_BACKEND,
      kernelFunc: () => {
        throw unsupportedKernel(name)
      },
    })
  }
}

export function unsupportedKernel(kernelName: string): CompilerError {
  const { reason, remedy } = refusals[kernelName] ?? {
    reason: 'the compiler does not know it',
    remedy: 'Write the function with other ops, or move this one out of it.',
  }
  return new CompilerError('unsupported-kernel', {
    kernel: kernelName,
    reason,
    remedy,
    location: userLocation(),
  })
}

function isList(result: Result): result is readonly Value[] {
  return Array.isArray(result)
}

export function unsupportedType(kernelName: string, type: string, remedy: string): CompilerError {
  return new CompilerError('unsupported-type', { kernel: kernelName, type, remedy, location: userLocation() })
}
