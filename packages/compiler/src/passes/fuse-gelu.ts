import type { GraphNode, Value } from '../graph/graph.ts'
import { binary, unary } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

// GELU's tanh form written through a sigmoid: x sigmoid(x (LINEAR + CUBIC x²)).
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR

/**
 * Replaces GELU in its tanh form, written as `x sigmoid(x (a + b x²))`, by ONNX Runtime's FastGelu: one node where
 * there were six. Only where nothing else needs the sigmoid, as a backward pass would.
 */
export const fuseGelu: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Mul') return undefined
  for (const [x, gate] of [inputs, inputs.toReversed()] as [Value, Value][]) {
    const product = made(gate, 'Sigmoid') && made(gate.node!.inputs[0]!, 'Mul')
    const slope = product && other(product, x)
    const sum = slope && made(slope, 'Add')
    if (!sum || uses(gate) > 1) continue
    const cubic = sum.inputs.map(input => made(input!, 'Mul')).find(found => found !== undefined)
    const square = cubic?.inputs.map(input => made(input!, 'Mul')).find(found => found !== undefined)
    if (square?.inputs[0] !== x || square.inputs[1] !== x) continue
    if (!near(sum, LINEAR) || !near(cubic!, CUBIC)) continue
    return [builder.node('FastGelu', [x], x, { domain: 'com.microsoft' })]
  }
  return undefined
}

/** FastGelu written out, for providers that may not have it. */
export const lowerGelu: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'FastGelu') return undefined
  const x = inputs[0]!
  const cubic = binary(builder, 'Mul', binary(builder, 'Mul', x, x), builder.scalar(CUBIC))
  const slope = binary(builder, 'Add', cubic, builder.scalar(LINEAR))
  return [binary(builder, 'Mul', x, unary(builder, 'Sigmoid', binary(builder, 'Mul', x, slope)))]
}

function made(value: Value, op: string): GraphNode | undefined {
  return value.node?.op === op ? value.node : undefined
}

/** The operand that is not `x`. */
function other({ inputs: [a, b] }: GraphNode, x: Value): Value | undefined {
  if (a === x) return b!
  return b === x ? a! : undefined
}

function near({ inputs }: GraphNode, expected: number): boolean {
  const scalar = inputs.find(input => input!.constant?.length === 1)?.constant?.[0]
  return scalar !== undefined && Math.abs(Number(scalar) - expected) < 1e-6
}
