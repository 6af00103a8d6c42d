import type { Graph, GraphNode } from '../graph/graph.ts'

/** Operations of which CUDA needs no more than one launch with its arguments in it. */
const PLAIN = new Set(
  (
    'Abs Add And Cast Ceil Cos Div Elu Equal Erf Exp Expand Floor Gather Greater GreaterOrEqual Identity ' +
    'LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max Min Mul Neg Not Or Pad Pow Reciprocal ReduceMax ' +
    'ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Round ScatterElements Selu Sigmoid Sign Sin Slice Softmax ' +
    'Softplus Sqrt Sub Sum Tanh Transpose Where Xor'
  ).split(' '),
)
/** Tensors that one launch of these can join or split. */
const MOST_AT_ONCE = 32

/**
 * Whether what a graph launches on CUDA may be recorded and played again. Some operations read tables that ONNX Runtime
 * copies to the device for one run and then forgets (indices of several dimensions, joins of very many tensors): played
 * again they would read something else.
 */
export function recordable(graph: Graph): boolean {
  return graph.nodes.every(
    ({ op, domain, inputs, outputs }: GraphNode) =>
      domain === '' &&
      (PLAIN.has(op) ||
        (op === 'Concat' && inputs.length <= MOST_AT_ONCE) ||
        (op === 'Split' && outputs.length <= MOST_AT_ONCE)),
  )
}
