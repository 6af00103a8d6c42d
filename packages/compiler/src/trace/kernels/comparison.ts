import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, filled } from '../../graph/operations.ts'
import { translate } from '../kernel.ts'

/** Comparisons and logic; their results are bool. */
export function translateComparison(): void {
  const number = (graph: GraphBuilder, x: Value): Value => (x.type === 'bool' ? cast(graph, x, 'int32') : x)
  const not = (graph: GraphBuilder, x: Value): Value =>
    graph.node('Not', [x], { type: 'bool', shape: x.shape })

  for (const [kernel, op] of [
    [tf.Greater, 'Greater'],
    [tf.GreaterEqual, 'GreaterOrEqual'],
    [tf.Less, 'Less'],
    [tf.LessEqual, 'LessOrEqual'],
    [tf.Equal, 'Equal'],
  ] as const) {
    translate(kernel, ({ graph, input }) =>
      binary(graph, op, number(graph, input('a')), number(graph, input('b')), 'bool'),
    )
  }
  translate(tf.NotEqual, ({ graph, input }) =>
    not(graph, binary(graph, 'Equal', number(graph, input('a')), number(graph, input('b')), 'bool')),
  )
  for (const [kernel, op] of [
    [tf.LogicalAnd, 'And'],
    [tf.LogicalOr, 'Or'],
    [tf.LogicalXor, 'Xor'],
  ] as const) {
    translate(kernel, ({ graph, input }) => binary(graph, op, input('a'), input('b'), 'bool'))
  }
  translate(tf.LogicalNot, ({ graph, input }) => not(graph, input('x')))
  /** Whole numbers are finite. */
  const check = (graph: GraphBuilder, op: 'IsNaN' | 'IsInf', x: Value): Value =>
    x.type === 'float32'
      ? graph.node(op, [x], { type: 'bool', shape: x.shape })
      : filled(graph, 0, 'bool', x.shape)
  translate(tf.IsNan, ({ graph, input }) => check(graph, 'IsNaN', input('x')))
  translate(tf.IsInf, ({ graph, input }) => check(graph, 'IsInf', input('x')))
  translate(tf.IsFinite, ({ graph, input }) => {
    const [isNan, isInf] = [check(graph, 'IsNaN', input('x')), check(graph, 'IsInf', input('x'))]
    return not(graph, binary(graph, 'Or', isNan, isInf))
  })
}
