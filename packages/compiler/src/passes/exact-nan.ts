import type { GraphNode, Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
import { binary, cast } from '../graph/operations.ts'
import type { RewriteContext, RewriteRule } from './rewrite.ts'

const LEAST = -3.4028234663852886e38

/**
 * NaN as in tfjs, where ONNX Runtime's answer depends on its place: the greatest and the least of numbers with a NaN are
 * NaN; their places, and pools, pass over it. Only on the processor: graphics cards have no operation for NaN.
 */
export const exactNan: RewriteRule = ({ builder, node, inputs, readers }) => {
  const [x] = inputs as [Value]
  const output = node.outputs[0]!
  if (x?.type !== 'float32') return undefined
  switch (node.op) {
    case 'ReduceMax':
    case 'ReduceMin': {
      if (isForSoftmax(node, readers)) return undefined
      const counted = cast(builder, isNan(builder, x), 'int32')
      const any = builder.node('ReduceMax', [counted, ...inputs.slice(1)], { ...output, type: 'int32' }, node)
      const result = builder.node(node.op, inputs, output, node)
      const nan = builder.scalar(Number.NaN)
      return [builder.node('Where', [cast(builder, any, 'bool'), nan, result], output)]
    }
    case 'ArgMax':
    case 'ArgMin': {
      const axis = (node.attributes.axis as { int: number }).int
      const worst = node.op === 'ArgMax' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
      // Nothing compares as greater than a NaN that comes first.
      const values = new Float32Array(x.shape[axis]!).fill(worst).fill(-worst, 0, 1)
      const shape = x.shape.map((size, i) => (i === axis ? size : 1))
      const clean = withoutNan(builder, x, builder.constant(values, 'float32', shape))
      return [builder.node(node.op, [clean], output, node)]
    }
    case 'MaxPool': {
      const least = builder.scalar(Number.NEGATIVE_INFINITY)
      const [pooled, ...rest] = builder.nodeWithOutputs(
        node.op,
        [withoutNan(builder, x, least)],
        node.outputs,
        node,
      )
      // ONNX Runtime starts from the least finite number.
      const isEmpty = binary(builder, 'Equal', pooled!, builder.scalar(LEAST), 'bool')
      return [builder.node('Where', [isEmpty, least, pooled!], output), ...rest]
    }
    default:
      return undefined
  }
}

/**
 * Whether the greatest element is only taken from all of them before the exponentials are added up, and added to the
 * logarithm of that sum: in a row with NaN the sum is NaN in any case.
 */
function isForSoftmax({ inputs, outputs }: GraphNode, readers: RewriteContext['readers']): boolean {
  const [x, greatest] = [inputs[0]!, outputs[0]!]
  const withShapes = (value: Value): GraphNode[] =>
    readers(value).flatMap(node => (node.op === 'Reshape' ? withShapes(node.outputs[0]!) : [node]))
  const isExponential = (node: GraphNode): boolean =>
    node.op === 'Exp' && withShapes(node.outputs[0]!).every(({ op }) => op === 'ReduceSum' || op === 'Div')
  const isDifference = (node: GraphNode): boolean =>
    node.op === 'Sub' &&
    node.inputs[0] === x &&
    readers(node.outputs[0]!).length > 0 &&
    readers(node.outputs[0]!).every(isExponential)
  const isLogarithm = (value: Value | null): boolean => {
    const chain = ['Log', 'ReduceSum', 'Exp']
    let node = value?.node
    while (node && (node.op === 'Reshape' || node.op === chain[0])) {
      if (node.op === chain[0]) chain.shift()
      node = node.inputs[0]?.node
    }
    return chain.length === 0 && node !== undefined && isDifference(node)
  }
  const found = withShapes(greatest)
  const sums = found.filter(({ op }) => op === 'Add')
  return (
    found.length > sums.length &&
    found.every(node => isDifference(node) || node.op === 'Add') &&
    sums.every(({ inputs }) => inputs.some(isLogarithm))
  )
}

function isNan(builder: GraphBuilder, x: Value): Value {
  return builder.node('IsNaN', [x], { type: 'bool', shape: x.shape })
}

function withoutNan(builder: GraphBuilder, x: Value, instead: Value): Value {
  return builder.node('Where', [isNan(builder, x), instead, x], x)
}
