import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast } from '../../graph/operations.ts'
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
  translate(tf.IsNan, ({ graph, input }) =>
    graph.node('IsNaN', [input('x')], { type: 'bool', shape: input('x').shape }),
  )
  translate(tf.IsInf, ({ graph, input }) =>
    graph.node('IsInf', [input('x')], { type: 'bool', shape: input('x').shape }),
  )
  translate(tf.IsFinite, ({ graph, input }) => {
    const x = input('x')
    const spec = { type: 'bool', shape: x.shape } as const
    return not(graph, binary(graph, 'Or', graph.node('IsNaN', [x], spec), graph.node('IsInf', [x], spec)))
  })
}
