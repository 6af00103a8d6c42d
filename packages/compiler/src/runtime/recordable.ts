import type { Graph, GraphNode } from '../graph/graph.ts'

/** Operations that were seen to do the same when replayed: those of a GPT's training steps. */
const PROVEN = new Set(
  (
    'Add And Cast Div Equal Expand Gather GreaterOrEqual LayerNormalization Less Log MatMul Max Min Mul Neg Pad Reciprocal ' +
    'ReduceMean ReduceSum ReduceSumSquare Reshape ScatterElements Sigmoid Slice Softmax Sqrt Sub Sum Transpose Where'
  ).split(' '),
)
/** Tensors that one launch of these can join or split. */
const MOST_AT_ONCE = 32

/**
 * Whether what a graph launches on CUDA may be recorded and replayed. Some operations read tables that ONNX Runtime
 * copies to the device for one run and then forgets (indices of several dimensions, joins of very many tensors): replayed
 * they would read something else. Others cannot be recorded.
 */
export function recordable(graph: Graph): boolean {
  return graph.nodes.every(
    ({ op, domain, inputs, outputs }: GraphNode) =>
      domain === '' &&
      (PROVEN.has(op) ||
        (op === 'Concat' && inputs.length <= MOST_AT_ONCE) ||
        (op === 'Split' && outputs.length <= MOST_AT_ONCE)),
  )
}
