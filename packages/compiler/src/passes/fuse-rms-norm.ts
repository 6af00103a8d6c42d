import type { GraphNode, Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * Replaces `1 / sqrt(mean(x²) + ε)` over the last axis by what ONNX Runtime's SimplifiedLayerNormalization gives besides
 * the norm: one pass over the tensor. A backward pass wants it.
 */
export const fuseRmsFactor: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'Reciprocal') return undefined
  const root = made(inputs[0]!, 'Sqrt')
  const sum = root && made(root.inputs[0]!, 'Add')
  const mean = sum?.inputs.map(input => made(input!, 'ReduceMean')).find(found => found !== undefined)
  const square = mean && made(mean.inputs[0]!, 'Mul')
  const epsilon = sum?.inputs.find(input => input!.constant?.length === 1)?.constant?.[0]
  if (!mean || !square || epsilon === undefined) return undefined
  const x = square.inputs[0]!
  if (square.inputs[1] !== x || x.type !== 'float32' || !isLastAxis(mean.outputs[0]!, x)) return undefined
  const attributes = { axis: { int: -1 }, epsilon: { float: Number(epsilon) } }
  const factor = { type: 'float32', shape: node.outputs[0]!.shape } as const
  const inputsOfNorm = [x, onesFor(builder, x)]
  const outputs = builder.nodeWithOutputs('SimplifiedLayerNormalization', inputsOfNorm, [x, factor], {
    attributes,
  })
  return [outputs[1]!]
}

/**
 * The product with that factor is the norm: the first output. Where nothing else needs the factor, the norm is a node
 * without it, or one with the addition before it.
 */
export const fuseRmsNorm: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Mul') return undefined
  for (const [x, factor] of [inputs, inputs.toReversed()] as [Value, Value][]) {
    const norm = made(factor, 'SimplifiedLayerNormalization')
    if (norm?.outputs[1] !== factor || norm.inputs[0] !== x) continue
    if (uses(factor) > 1) return [norm.outputs[0]!]
    const ones = norm.inputs[1]!
    const skip = made(x, 'Add')
    if (skip?.inputs.every(input => input!.shape.length === 2 && String(input!.shape) === String(x.shape))) {
      const [a, b] = skip.inputs as [Value, Value]
      const nothing = { type: 'float32', shape: [x.shape[0]!, 1] } as const
      const { epsilon } = norm.attributes
      const outputs = builder.nodeWithOutputs(
        'SkipSimplifiedLayerNormalization',
        [a, b, ones],
        [x, nothing, nothing, x],
        { domain: 'com.microsoft', attributes: { epsilon: epsilon! } },
      )
      sums.set(x, outputs[3]!)
      return [outputs[0]!]
    }
    return [builder.node('SimplifiedLayerNormalization', norm.inputs, x, { attributes: norm.attributes })]
  }
  return undefined
}

function onesFor(builder: GraphBuilder, { shape }: Value): Value {
  const width = shape.at(-1)!
  return builder.constant(new Float32Array(width).fill(1), 'float32', [width])
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
