import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { sameShape } from '../../graph/graph-builder.ts'
import { binary, broadcastShape, filled, unary, uniform } from '../../graph/operations.ts'
import { translate, unsupportedType } from '../kernel.ts'
import { floorDivide, modulo } from './division.ts'

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
    const [a, b] = [numbersOnly(tf.Pow, input('a')), input('b')]
    return power(graph, a, narrow(b, a))
  })
  translate(tf.SquaredDifference, ({ graph, input }) => {
    numbersOnly(tf.SquaredDifference, input('a'))
    const difference = binary(graph, 'Sub', input('a'), input('b'))
    return binary(graph, 'Mul', difference, difference)
  })
  translate(tf.Atan2, ({ graph, input }) => {
    const [a, b] = [input('a'), input('b')]
    const zero = graph.scalar(0)
    // Of two zeros or two infinities no quotient exists: their signs alone give the angle, by way of 0 / 1 and 1 / 1.
    const alike = binary(graph, 'Equal', unary(graph, 'Abs', a), unary(graph, 'Abs', b), 'bool')
    const equal = graph.node('Where', [isBelowZero(graph, b), graph.scalar(-1), graph.scalar(1)], b)
    const isZero = binary(graph, 'Equal', a, zero, 'bool')
    const isInfinite = graph.node('IsInf', [a], { type: 'bool', shape: a.shape })
    const one = graph.node(
      'Where',
      [binary(graph, 'Less', a, zero, 'bool'), graph.scalar(-1), graph.scalar(1)],
      a,
    )
    const y = graph.node('Where', [isInfinite, one, a], a)
    const special = binary(graph, 'And', alike, binary(graph, 'Or', isZero, isInfinite))
    const quotient = binary(graph, 'Div', a, b)
    const exact = binary(graph, 'Div', y, equal)
    const angle = unary(graph, 'Atan', graph.node('Where', [special, exact, quotient], quotient))
    const half = graph.node(
      'Where',
      [isBelowZero(graph, a), graph.scalar(-Math.PI), graph.scalar(Math.PI)],
      a,
    )
    const left = binary(graph, 'Add', angle, half)
    return graph.node('Where', [isBelowZero(graph, b), left, angle], left)
  })
  translate(tf.FloorDiv, ({ graph, input }) =>
    floorDivide(graph, numbersOnly(tf.FloorDiv, input('a')), input('b')),
  )
  translate(tf.Mod, ({ graph, input }) => modulo(graph, numbersOnly(tf.Mod, input('a')), input('b')))
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

function numbersOnly(kernel: string, x: Value): Value {
  if (x.type === 'bool')
    throw unsupportedType(kernel, 'bool', "Cast to int32 first, with tf.cast(x, 'int32').")
  return x
}

/** Whether x is below 0 or is -0. */
function isBelowZero(graph: GraphBuilder, x: Value): Value {
  const zero = graph.scalar(0)
  const inverse = graph.node('Reciprocal', [x], x)
  return binary(
    graph,
    'Or',
    binary(graph, 'Less', x, zero, 'bool'),
    binary(graph, 'Less', inverse, zero, 'bool'),
  )
}

/** As in JavaScript: where C gives 1 for 1 to the power of NaN and of infinities, there is no number. */
function power(graph: GraphBuilder, a: Value, b: Value): Value {
  const exponent = uniform(b)
  const result = binary(graph, 'Pow', a, b)
  if (a.type !== 'float32' || (exponent !== undefined && Number.isFinite(exponent))) return result
  const spec = { type: 'bool', shape: b.shape } as const
  const endless = binary(graph, 'Or', graph.node('IsNaN', [b], spec), graph.node('IsInf', [b], spec))
  const isOne = binary(graph, 'Equal', unary(graph, 'Abs', a), graph.scalar(1), 'bool')
  return graph.node('Where', [binary(graph, 'And', isOne, endless), graph.scalar(Number.NaN), result], result)
}
