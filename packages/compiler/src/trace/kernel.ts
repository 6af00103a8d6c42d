import type { TensorInfo } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { CompilerError } from '../errors.ts'
import type { Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
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
  /** The inputs in order, of kernels that take a list. */
  inputs(): Value[]
  /** Whether an optional input is given. */
  has(name: string): boolean
}

export type Translation<A> = (context: KernelContext<A>) => Value | readonly Value[]

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
      const value = (tensor: TensorInfo): Value => trace.resolve(tensor, `The tfjs kernel ${kernelName}`)
      const result = translation({
        name: kernelName,
        attrs: (attrs ?? {}) as unknown as A,
        graph: trace.graph,
        input: name => value(inputs[name]!),
        inputs: () => Object.values(inputs).map(tensor => value(tensor!)),
        has: name => inputs[name] != null,
      })
      return Array.isArray(result) ? result.map(v => trace.tensorInfo(v)) : trace.tensorInfo(result as Value)
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
  return new CompilerError('unsupported-kernel', { kernel: kernelName, location: userLocation() })
}

export function unsupportedType(kernelName: string, type: string, remedy: string): CompilerError {
  return new CompilerError('unsupported-type', { kernel: kernelName, type, remedy, location: userLocation() })
}
