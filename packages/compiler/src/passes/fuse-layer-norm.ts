import type { GraphNode, Value } from '../graph/graph.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * Replaces `c / sqrt(mean(c²) + ε)` over the last axis, as a layer norm written with elementary ops computes it from
 * the centered `c`, by ONNX's LayerNormalization without scale: one pass over the tensor where there were five. It
 * also gives `1 / sqrt(mean(c²) + ε)`, which a backward pass wants.
 *
 * It starts from the centered tensor on purpose: ONNX Runtime takes the variance as E[x²] - E[x]², which is exact
 * only where the mean is next to nothing.
 */
export const fuseLayerNorm: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'Reciprocal') return undefined
  const root = made(inputs[0]!, 'Sqrt')
  const sum = root && made(root.inputs[0]!, 'Add')
  const mean = sum?.inputs.map(input => made(input!, 'ReduceMean')).find(found => found !== undefined)
  const square = mean && made(mean.inputs[0]!, 'Mul')
  if (!sum || !mean || !square) return undefined
  const x = square.inputs[0]!
  if (square.inputs[1] !== x || x.type !== 'float32' || !isCentred(x)) return undefined
  const width = x.shape.at(-1)!
  const epsilon = sum.inputs.find(input => input!.constant?.length === 1)?.constant?.[0]
  if (!sameButLast(mean.outputs[0]!.shape, x.shape) || epsilon === undefined) return undefined
  const ones = builder.constant(new Float32Array(width).fill(1), 'float32', [width])
  const factor = { type: 'float32', shape: node.outputs[0]!.shape } as const
  const outputs = builder.nodeWithOutputs('LayerNormalization', [x, ones], [x, factor, factor], {
    attributes: { axis: { int: -1 }, epsilon: { float: Number(epsilon) } },
  })
  return [outputs[2]!]
}

/** The product with that factor is the layer norm's first output. */
export const takeLayerNorm: RewriteRule = ({ node, inputs }) => {
  if (node.op !== 'Mul') return undefined
  for (const [x, factor] of [inputs, inputs.toReversed()] as [Value, Value][]) {
    const norm = made(factor, 'LayerNormalization')
    if (norm && norm.outputs[2] === factor && norm.inputs[0] === x) return [norm.outputs[0]!]
  }
  return undefined
}

function made(value: Value, op: string): GraphNode | undefined {
  return value.node?.op === op ? value.node : undefined
}

/** x - mean(x) over the last axis. */
function isCentred(value: Value): boolean {
  const node = made(value, 'Sub')
  const mean = node && made(node.inputs[1]!, 'ReduceMean')
  return (
    mean !== undefined &&
    mean.inputs[0] === node!.inputs[0] &&
    sameButLast(mean.outputs[0]!.shape, value.shape)
  )
}

function sameButLast(reduced: readonly number[], shape: readonly number[]): boolean {
  return (
    reduced.length === shape.length &&
    reduced.every((size, i) => size === (i === shape.length - 1 ? 1 : shape[i]))
  )
}
