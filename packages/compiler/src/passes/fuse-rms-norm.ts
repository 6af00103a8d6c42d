import type { GraphNode, Value } from '../graph/graph.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * Replaces `x / sqrt(mean(x²) + ε)` over the last axis by ONNX Runtime's SimplifiedLayerNormalization: one node where
 * there were six, or seven with the addition before it. Only where nothing else needs the factor, as a backward pass would.
 */
export const fuseRmsNorm: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Mul') return undefined
  for (const [x, factor] of [inputs, inputs.toReversed()] as [Value, Value][]) {
    const root = made(factor, 'Reciprocal') && made(factor.node!.inputs[0]!, 'Sqrt')
    const sum = root && made(root.inputs[0]!, 'Add')
    const mean = sum?.inputs.map(input => made(input!, 'ReduceMean')).find(found => found !== undefined)
    const square = mean && made(mean.inputs[0]!, 'Mul')
    const epsilon = sum?.inputs.find(input => input!.constant?.length === 1)?.constant?.[0]
    if (!mean || !square || epsilon === undefined || x.type !== 'float32' || uses(factor) > 1) continue
    if (square.inputs[0] !== x || square.inputs[1] !== x || !isLastAxis(mean.outputs[0]!, x)) continue
    const width = x.shape.at(-1)!
    const ones = builder.constant(new Float32Array(width).fill(1), 'float32', [width])
    const skip = made(x, 'Add')
    if (skip?.inputs.every(input => input!.shape.length === 2 && String(input!.shape) === String(x.shape))) {
      const [a, b] = skip.inputs as [Value, Value]
      const nothing = { type: 'float32', shape: [x.shape[0]!, 1] } as const
      const outputs = builder.nodeWithOutputs(
        'SkipSimplifiedLayerNormalization',
        [a, b, ones],
        [x, nothing, nothing, x],
        { domain: 'com.microsoft', attributes: { epsilon: { float: Number(epsilon) } } },
      )
      sums.set(x, outputs[3]!)
      return [outputs[0]!]
    }
    const attributes = { axis: { int: -1 }, epsilon: { float: Number(epsilon) } }
    return [builder.node('SimplifiedLayerNormalization', [x, ones], x, { attributes })]
  }
  return undefined
}

/** Sums of two tensors that a norm returns in addition; later nodes take them from there, so that the Add is not needed. */
const sums = new WeakMap<Value, Value>()

/** See {@link fuseRmsNorm}. */
export const takeSum: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'Add' || !inputs.some(input => input && sums.has(input))) return undefined
  const taken = inputs.map(input => (input && sums.get(input)) ?? input)
  return builder.nodeWithOutputs('Add', taken, node.outputs, node)
}

function made(value: Value, op: string): GraphNode | undefined {
  return value.node?.op === op ? value.node : undefined
}

function isLastAxis({ shape }: Value, x: Value): boolean {
  const last = x.shape.length - 1
  return shape.length === x.shape.length && shape.every((size, i) => size === (i === last ? 1 : x.shape[i]))
}
