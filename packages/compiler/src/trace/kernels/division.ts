import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, broadcastShape, cast, unary, uniform } from '../../graph/operations.ts'

/** The greatest whole number not above a / b, as int32 whatever the operands, as in tfjs. */
export function floorDivide(graph: GraphBuilder, a: Value, by: Value): Value {
  if (a.type === 'float32') return cast(graph, floorRatio(graph, a, by), 'int32')
  const divisor = uniform(by)
  if (divisor !== undefined && divisor !== 0 && divisor !== -1) return floorQuotient(graph, a, by)
  // 0 for a division by 0, as in tfjs. -2^31 has no negative, which stops ONNX Runtime when it divides by -1.
  const { isZero, isMinusOne, safe } = safeDivisor(graph, by)
  const zero = graph.scalar(0, a.type)
  const negated = graph.node(
    'Where',
    [isMinusOne, binary(graph, 'Sub', zero, a), floorQuotient(graph, a, safe)],
    {
      ...a,
      shape: broadcastShape(a.shape, by.shape),
    },
  )
  return graph.node('Where', [isZero, zero, negated], negated)
}

/** The floor of a / b as if that were exact: float32 may round it up to a whole number, as 1 / (1 / 3). */
function floorRatio(graph: GraphBuilder, a: Value, b: Value): Value {
  const ratio = binary(graph, 'Div', a, b)
  const floor = unary(graph, 'Floor', ratio)
  const zero = graph.scalar(0)
  const size = unary(graph, 'Abs', binary(graph, 'Mod', a, b, a.type, { attributes: { fmod: { int: 1 } } }))
  const divisor = unary(graph, 'Abs', b)
  // What is left of a after whole multiples of b is close to b where the ratio was rounded away from 0, else to 0.
  const isLarge = binary(graph, 'Less', divisor, binary(graph, 'Add', size, size), 'bool')
  const isNegative = binary(
    graph,
    'Xor',
    binary(graph, 'Less', a, zero, 'bool'),
    binary(graph, 'Less', b, zero, 'bool'),
  )
  const conditions = [
    binary(graph, 'Equal', ratio, floor, 'bool'),
    binary(graph, 'Less', zero, size, 'bool'),
    binary(graph, 'Less', divisor, graph.scalar(Number.POSITIVE_INFINITY), 'bool'),
    binary(graph, 'Xor', isLarge, isNegative),
  ]
  const isRounded = conditions.reduce((x, y) => binary(graph, 'And', x, y))
  const one = graph.scalar(1)
  return graph.node('Where', [isRounded, binary(graph, 'Sub', floor, one), floor], floor)
}

/** Whole numbers to divide by, with 1 in place of 0 and -1. */
function safeDivisor(graph: GraphBuilder, by: Value): { isZero: Value; isMinusOne: Value; safe: Value } {
  const isZero = binary(graph, 'Equal', by, graph.scalar(0, by.type), 'bool')
  const isMinusOne = binary(graph, 'Equal', by, graph.scalar(-1, by.type), 'bool')
  const safe = graph.node(
    'Where',
    [binary(graph, 'Or', isZero, isMinusOne), graph.scalar(1, by.type), by],
    by,
  )
  return { isZero, isMinusOne, safe }
}

function floorQuotient(graph: GraphBuilder, a: Value, b: Value): Value {
  const quotient = binary(graph, 'Div', a, b)
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
export function modulo(graph: GraphBuilder, a: Value, b: Value): Value {
  if (a.type !== 'float32') {
    const divisor = uniform(b)
    const isSafe = divisor !== undefined && divisor !== 0 && divisor !== -1
    // The remainder of a division by 0 is 0 in tfjs, as that by 1 and -1 is.
    return binary(graph, 'Mod', a, isSafe ? b : safeDivisor(graph, b).safe)
  }
  const rest = (x: Value): Value => binary(graph, 'Mod', x, b, a.type, { attributes: { fmod: { int: 1 } } })
  const remainder = rest(a)
  const [isBelowA, isBelowB] = [a, b].map(x => binary(graph, 'Less', x, graph.scalar(0), 'bool')) as [
    Value,
    Value,
  ]
  const shifted = rest(binary(graph, 'Add', remainder, b))
  return graph.node('Where', [binary(graph, 'Xor', isBelowA, isBelowB), shifted, remainder], remainder)
}
