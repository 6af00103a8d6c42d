import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { sameShape } from '../../graph/graph-builder.ts'
import { binary, broadcastShape, cast, filled, unary, uniform } from '../../graph/operations.ts'
import { translate, unsupportedType } from '../kernel.ts'

/** Kernels with two broadcast operands. tfjs has made their types match. */
export function translateArithmetic(): void {
  for (const [kernel, op] of [
    [tf.Add, 'Add'],
    [tf.Sub, 'Sub'],
    [tf.Multiply, 'Mul'],
    [tf.RealDiv, 'Div'],
  ] as const) {
    translate(kernel, ({ graph, input }) => {
      const [a, b] = [input('a'), input('b')]
      if (a.type === 'bool') {
        if (op === 'Mul') return binary(graph, 'And', a, b)
        throw unsupportedType(kernel, 'bool', "Cast to int32 first, with tf.cast(x, 'int32').")
      }
      return arithmetic(graph, op, a, b)
    })
  }
  for (const [kernel, op] of [
    [tf.Maximum, 'Max'],
    [tf.Minimum, 'Min'],
  ] as const) {
    translate(kernel, ({ graph, input }) => {
      const [a, b] = [input('a'), input('b')]
      if (a.type === 'bool') return binary(graph, op === 'Max' ? 'Or' : 'And', a, b)
      return narrowBinary(graph, op, a, b)
    })
  }
  translate(tf.Pow, ({ graph, input }) => {
    const [a, b] = [input('a'), input('b')]
    return binary(graph, 'Pow', a, narrow(b, a))
  })
  translate(tf.SquaredDifference, ({ graph, input }) => {
    const difference = binary(graph, 'Sub', input('a'), input('b'))
    return binary(graph, 'Mul', difference, difference)
  })
  translate(tf.Atan2, ({ graph, input }) => {
    const [a, b] = [input('a'), input('b')]
    const angle = unary(graph, 'Atan', binary(graph, 'Div', a, b))
    const zero = graph.scalar(0)
    const below = binary(graph, 'Less', a, zero, 'bool')
    const half = graph.node('Where', [below, graph.scalar(-Math.PI), graph.scalar(Math.PI)], a)
    const left = binary(graph, 'Add', angle, half)
    const turned = graph.node('Where', [binary(graph, 'Less', b, zero, 'bool'), left, angle], left)
    // 0 / 0 has no angle, but atan2(0, 0) is 0.
    const isOrigin = binary(
      graph,
      'And',
      binary(graph, 'Equal', a, zero, 'bool'),
      binary(graph, 'Equal', b, zero, 'bool'),
      'bool',
    )
    return graph.node('Where', [isOrigin, zero, turned], turned)
  })
  translate(tf.FloorDiv, ({ graph, input }) => floorDivide(graph, input('a'), input('b')))
  translate(tf.Mod, ({ graph, input }) => modulo(graph, input('a'), input('b')))
  translate(tf.AddN, ({ graph, inputs }) => {
    const values = inputs()
    if (values.length === 1) return values[0]!
    if (values[0]!.type === 'float32') return graph.node('Sum', values, values[0]!)
    return values.reduce((sum, value) => binary(graph, 'Add', sum, value))
  })
  translate(tf.BitwiseAnd, ({ graph, input }) => binary(graph, 'BitwiseAnd', input('a'), input('b')))
}

/** The operation, unless an operand is the one number that leaves the other as it is. */
function arithmetic(graph: GraphBuilder, op: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape)
  const [constantA, constantB] = [uniform(a), uniform(b)]
  if (constantA !== undefined && constantB !== undefined && a.type === 'float32') {
    // Math.fround of the float64 result is the float32 result, for these four operations.
    return filled(graph, Math.fround(calculate(op, constantA, constantB)), a.type, shape)
  }
  const neutral = op === 'Mul' || op === 'Div' ? 1 : 0
  if (constantB === neutral && sameShape(a.shape, shape)) return a
  if (constantA === neutral && sameShape(b.shape, shape) && (op === 'Mul' || op === 'Add')) return b
  return narrowBinary(graph, op, a, b)
}

function calculate(op: 'Add' | 'Sub' | 'Mul' | 'Div', a: number, b: number): number {
  if (op === 'Add') return a + b
  if (op === 'Sub') return a - b
  return op === 'Mul' ? a * b : a / b
}

/** The operation on what its operands were expanded from, but not on so little that the result would lose its shape. */
function narrowBinary(graph: GraphBuilder, op: string, a: Value, b: Value): Value {
  const narrowed = narrow(b, a)
  return binary(graph, op, narrow(a, narrowed), narrowed)
}

/** A constant that was expanded to the shape of the other operand goes back to its one element. */
function narrow(value: Value, other: Value): Value {
  if (value.node?.op !== 'Expand') return value
  const source = value.node.inputs[0]!
  return sameShape(broadcastShape(source.shape, other.shape), broadcastShape(value.shape, other.shape))
    ? source
    : value
}

/** The greatest whole number not above a / b, as int32 whatever the operands, as in tfjs. */
function floorDivide(graph: GraphBuilder, a: Value, b: Value): Value {
  const quotient = binary(graph, 'Div', a, b)
  if (a.type === 'float32') return cast(graph, graph.node('Floor', [quotient], quotient), 'int32')
  // ONNX divides integers towards zero: one less where there is a remainder and the signs differ.
  const remainder = binary(graph, 'Sub', a, binary(graph, 'Mul', quotient, b))
  const zero = graph.scalar(0, a.type)
  const differ = binary(
    graph,
    'Xor',
    binary(graph, 'Less', remainder, zero, 'bool'),
    binary(graph, 'Less', b, zero, 'bool'),
  )
  const inexact = graph.node('Not', [binary(graph, 'Equal', remainder, zero, 'bool')], {
    ...remainder,
    type: 'bool',
  })
  return binary(graph, 'Sub', quotient, cast(graph, binary(graph, 'And', inexact, differ), a.type))
}

/** The remainder with the sign of b, as in Python and in tfjs. */
function modulo(graph: GraphBuilder, a: Value, b: Value): Value {
  if (a.type !== 'float32') return binary(graph, 'Mod', a, b)
  const remainder = binary(graph, 'Mod', a, b, a.type, { attributes: { fmod: { int: 1 } } })
  const zero = graph.scalar(0)
  const differ = binary(
    graph,
    'Less',
    binary(graph, 'Mul', graph.node('Sign', [remainder], remainder), graph.node('Sign', [b], b)),
    zero,
    'bool',
  )
  const shifted = binary(graph, 'Add', remainder, b)
  return graph.node('Where', [differ, shifted, remainder], remainder)
}
