import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, expand, filled, unary } from '../../graph/operations.ts'
import { translate, unsupportedType } from '../kernel.ts'

/** Functions of real numbers whose results are whole numbers for whole numbers, on tfjs's cpu backend. */
const WHOLE: ReadonlySet<string> = new Set([
  ...[tf.Log1p, tf.Expm1, tf.Reciprocal, tf.Softplus, tf.Selu],
  ...[tf.Asin, tf.Acos, tf.Atan, tf.Sinh, tf.Asinh, tf.Atanh],
])

/** Kernels that work on each element of one tensor. */
export function translateElementwise(): void {
  /** A function of real numbers: integers become float32 first, as in tfjs. */
  const real = (kernel: string, make: string | ((graph: GraphBuilder, x: Value) => Value)): void =>
    translate(kernel, ({ graph, input }) => {
      if (WHOLE.has(kernel) && input('x').type === 'bool')
        throw unsupportedType(kernel, 'bool', 'Cast it first.')
      const x = cast(graph, input('x'), 'float32')
      const result = typeof make === 'string' ? unary(graph, make, x) : make(graph, x)
      return WHOLE.has(kernel) && input('x').type === 'int32' ? cast(graph, result, 'int32') : result
    })
  /** A function that keeps the type. */
  const same = (kernel: string, make: string | ((graph: GraphBuilder, x: Value) => Value)): void =>
    translate(kernel, ({ graph, input }) => {
      const x = input('x')
      if (x.type === 'bool') throw unsupportedType(kernel, 'bool', 'Cast it first.')
      return typeof make === 'string' ? unary(graph, make, x) : make(graph, x)
    })
  const number = (graph: GraphBuilder, value: number, like: Value): Value => graph.scalar(value, like.type)

  real(tf.Exp, 'Exp')
  real(tf.Log, 'Log')
  real(tf.Sqrt, 'Sqrt')
  real(tf.Reciprocal, 'Reciprocal')
  real(tf.Erf, 'Erf')
  real(tf.Tanh, 'Tanh')
  real(tf.Sigmoid, 'Sigmoid')
  real(tf.Softplus, (graph, x) => {
    // Far below 0 it is the exponential; ONNX Runtime's log(1 + exp(x)) has no digits left there.
    const small = binary(graph, 'Less', x, graph.scalar(-10), 'bool')
    return graph.node('Where', [small, unary(graph, 'Exp', x), unary(graph, 'Softplus', x)], x)
  })
  for (const name of [
    tf.Sin,
    tf.Cos,
    tf.Tan,
    tf.Asin,
    tf.Acos,
    tf.Atan,
    tf.Sinh,
    tf.Cosh,
    tf.Asinh,
    tf.Acosh,
    tf.Atanh,
  ]) {
    real(name, name)
  }
  real(tf.Rsqrt, (graph, x) => unary(graph, 'Reciprocal', unary(graph, 'Sqrt', x)))
  // Written so that small numbers keep their digits: exp(x) - 1 = (exp(x) + 1) tanh(x / 2), and
  // log(1 + x) = 2 artanh(x / (2 + x)).
  real(tf.Expm1, (graph, x) => {
    const half = unary(graph, 'Tanh', binary(graph, 'Mul', x, graph.scalar(0.5)))
    return binary(graph, 'Mul', binary(graph, 'Add', unary(graph, 'Exp', x), graph.scalar(1)), half)
  })
  real(tf.Log1p, (graph, x) => {
    const small = binary(graph, 'Less', unary(graph, 'Abs', x), graph.scalar(0.5), 'bool')
    const ratio = binary(graph, 'Div', x, binary(graph, 'Add', x, graph.scalar(2)))
    const precise = binary(graph, 'Mul', unary(graph, 'Atanh', ratio), graph.scalar(2))
    const log = unary(graph, 'Log', binary(graph, 'Add', x, graph.scalar(1)))
    return graph.node('Where', [small, precise, log], x)
  })
  real(tf.Elu, 'Elu')
  real(tf.Selu, 'Selu')

  translate(tf.EluGrad, ({ graph, input }) => {
    const [dy, y] = [input('dy'), input('y')]
    const negative = binary(graph, 'Mul', dy, binary(graph, 'Add', y, graph.scalar(1)))
    return graph.node(
      'Where',
      [binary(graph, 'GreaterOrEqual', y, graph.scalar(0), 'bool'), dy, negative],
      dy,
    )
  })

  // Not one of tfjs's: GELU's tanh form as one operation, for functions that ask whether it is there.
  translate('FastGelu', ({ graph, input }) =>
    unary(graph, 'FastGelu', input('x'), { domain: 'com.microsoft' }),
  )

  same(tf.Neg, 'Neg')
  same(tf.Abs, 'Abs')
  same(tf.Sign, 'Sign')
  same(tf.Square, (graph, x) => binary(graph, 'Mul', x, x))
  for (const name of [tf.Floor, tf.Ceil, tf.Round]) {
    same(name, (graph, x) => (x.type === 'float32' ? unary(graph, name, x) : x))
  }
  same(tf.Relu, (graph, x) =>
    x.type === 'float32' ? unary(graph, 'Relu', x) : binary(graph, 'Max', x, number(graph, 0, x)),
  )
  same(tf.Relu6, (graph, x) => clip(graph, x, 0, 6))

  translate<tf.LeakyReluAttrs>(tf.LeakyRelu, ({ graph, input, attrs }) =>
    unary(graph, 'LeakyRelu', cast(graph, input('x'), 'float32'), {
      attributes: { alpha: { float: attrs.alpha } },
    }),
  )
  translate(tf.Prelu, ({ graph, input }) => {
    const x = input('x')
    const negative = binary(graph, 'Mul', x, input('alpha'))
    const zero = graph.scalar(0)
    return graph.node('Where', [binary(graph, 'Less', x, zero, 'bool'), negative, x], negative)
  })
  translate<tf.StepAttrs>(tf.Step, ({ graph, input, attrs }) => {
    const x = input('x')
    if (x.type === 'bool') throw unsupportedType(tf.Step, 'bool', 'Cast it first.')
    const positive = cast(graph, binary(graph, 'Greater', x, number(graph, 0, x), 'bool'), 'float32')
    if (attrs.alpha === 0 || attrs.alpha === undefined)
      return keepNan(graph, x, cast(graph, positive, x.type))
    const slope = graph.node(
      'Where',
      [binary(graph, 'Greater', x, number(graph, 0, x), 'bool'), graph.scalar(1), graph.scalar(attrs.alpha)],
      positive,
    )
    return keepNan(graph, x, cast(graph, slope, x.type))
  })
  translate<tf.ClipByValueAttrs>(tf.ClipByValue, ({ graph, input, attrs }) =>
    clip(graph, input('x'), attrs.clipValueMin, attrs.clipValueMax),
  )
  translate<tf.CastAttrs>(tf.Cast, ({ graph, input, attrs }) => {
    if (attrs.dtype === 'complex64')
      return { real: cast(graph, input('x'), 'float32'), imag: filled(graph, 0, 'float32', input('x').shape) }
    if (attrs.dtype !== 'float32' && attrs.dtype !== 'int32' && attrs.dtype !== 'bool') {
      throw unsupportedType('Cast', attrs.dtype, 'Use float32, int32 or bool.')
    }
    return cast(graph, input('x'), attrs.dtype)
  })
  translate(tf.Identity, ({ input }) => input('x'))
  translate(tf.ZerosLike, ({ graph, input }) => expand(graph, number(graph, 0, input('x')), input('x').shape))
  translate(tf.OnesLike, ({ graph, input }) => expand(graph, number(graph, 1, input('x')), input('x').shape))
  translate(tf.Select, ({ graph, input }) => {
    const condition = input('condition')
    const type = input('t').type === 'float32' || input('e').type === 'float32' ? 'float32' : input('t').type
    // ONNX Runtime chooses among no booleans: by way of int32.
    const number = type === 'bool' ? 'int32' : type
    const [t, e] = [cast(graph, input('t'), number), cast(graph, input('e'), number)]
    // A condition of rank 1 picks whole rows.
    const shaped =
      condition.shape.length === 1 && t.shape.length > 1
        ? graph.node(
            'Reshape',
            [condition, graph.ints([condition.shape[0]!, ...t.shape.slice(1).map(() => 1)])],
            {
              type: 'bool',
              shape: [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)],
            },
          )
        : condition
    return cast(graph, graph.node('Where', [shaped, t, e], t), type)
  })
}

function clip(graph: GraphBuilder, x: Value, low: number, high: number): Value {
  const lower = binary(graph, 'Max', x, graph.scalar(low, x.type))
  return binary(graph, 'Min', lower, graph.scalar(high, x.type))
}

/** The result, but NaN where the operand is NaN. */
function keepNan(graph: GraphBuilder, x: Value, result: Value): Value {
  if (x.type !== 'float32') return result
  return graph.node('Where', [graph.node('IsNaN', [x], { type: 'bool', shape: x.shape }), x, result], result)
}
