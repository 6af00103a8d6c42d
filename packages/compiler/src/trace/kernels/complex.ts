import * as tf from '@tensorflow/tfjs-core'
import type { ComplexValue, Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, reshape, unary } from '../../graph/operations.ts'
import { translate } from '../kernel.ts'
import { concat, slice } from './shape.ts'

/** Complex numbers, as pairs of values, and Fourier transforms. Kernels that only move elements move both: see `translate`. */
export function translateComplex(): void {
  translate(tf.Complex, ({ graph, input }) => {
    const part = (name: string): Value => cast(graph, input(name), 'float32')
    return { real: part('real'), imag: part('imag') }
  })
  translate(tf.Real, ({ complex }) => complex('input').real)
  translate(tf.Imag, ({ complex }) => complex('input').imag)
  translate(tf.ComplexAbs, ({ graph, complex }) => {
    const { real, imag } = complex('x')
    const square = (x: Value): Value => binary(graph, 'Mul', x, x)
    return unary(graph, 'Sqrt', binary(graph, 'Add', square(real), square(imag)))
  })
  translate(tf.FFT, ({ graph, complex }) => fourier(graph, complex('input'), false))
  translate(tf.IFFT, ({ graph, complex }) => fourier(graph, complex('input'), true))
}

/** The transform of each row of a matrix. */
function fourier(graph: GraphBuilder, { real, imag }: ComplexValue, inverse: boolean): ComplexValue {
  const shape = real.shape
  const pairs = concat(
    graph,
    [real, imag].map(part => reshape(graph, part, [...shape, 1])),
    shape.length,
  )
  const attributes = { axis: { int: shape.length - 1 }, inverse: { int: Number(inverse) } }
  const made = graph.node('DFT', [pairs], pairs, { attributes })
  const part = (i: number): Value => {
    const [start, end] = [pairs.shape.map(() => 0), [...pairs.shape]]
    start[shape.length] = i
    end[shape.length] = i + 1
    return reshape(
      graph,
      slice(
        graph,
        made,
        start,
        end,
        end.map(() => 1),
      ),
      shape,
    )
  }
  return { real: part(0), imag: part(1) }
}
