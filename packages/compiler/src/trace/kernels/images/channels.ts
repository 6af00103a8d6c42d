import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { binary } from '../../../graph/operations.ts'
import { translate } from '../../kernel.ts'

/** Normalization over neighboring channels, and its gradient. */
export function translateChannels(): void {
  translate<tf.LRNAttrs>(tf.LRN, ({ graph, input, attrs }) => {
    const x = input('x')
    return binary(graph, 'Mul', x, power(graph, norm(graph, x, attrs), -attrs.beta))
  })
  translate<tf.LRNGradAttrs>(tf.LRNGrad, ({ graph, input, attrs }) => {
    const { alpha, beta, depthRadius } = attrs
    const [x, y, dy] = [input('x'), input('y'), input('dy')]
    const around = norm(graph, x, attrs)
    const direct = binary(graph, 'Mul', dy, power(graph, around, -beta))
    const shares = binary(graph, 'Div', binary(graph, 'Mul', dy, y), around)
    const spread = binary(graph, 'Mul', x, sumAround(graph, shares, depthRadius))
    return binary(graph, 'Sub', direct, binary(graph, 'Mul', spread, graph.scalar(2 * alpha * beta)))
  })
}

function norm(graph: GraphBuilder, x: Value, { depthRadius, bias, alpha }: tf.LRNAttrs): Value {
  const sums = sumAround(graph, binary(graph, 'Mul', x, x), depthRadius)
  return binary(graph, 'Add', binary(graph, 'Mul', sums, graph.scalar(alpha)), graph.scalar(bias))
}

/** The sum of the channels that are at most `radius` away, by a product with a band of ones. */
function sumAround(graph: GraphBuilder, x: Value, radius: number): Value {
  const c = x.shape.at(-1)!
  const band = Float32Array.from({ length: c * c }, (_, i) =>
    Number(Math.abs(Math.floor(i / c) - (i % c)) <= radius),
  )
  return graph.node('MatMul', [x, graph.constant(band, 'float32', [c, c])], x)
}

function power(graph: GraphBuilder, x: Value, exponent: number): Value {
  return binary(graph, 'Pow', x, graph.scalar(exponent))
}
