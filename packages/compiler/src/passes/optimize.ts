import type { Graph } from '../graph/graph.ts'
import { foldTransposes } from './fold-transposes.ts'
import { type RewriteRule, rewrite } from './rewrite.ts'

export interface OptimizeOptions {
  /** Whether the graph may use ONNX Runtime's own operations of its CPU provider. Default: true. */
  cpu?: boolean
}

/**
 * The graph without what no output needs, and with patterns replaced by what runs faster. The result computes the
 * same up to the rounding of float32.
 */
export function optimize(graph: Graph, { cpu = true }: OptimizeOptions = {}): Graph {
  const rules: RewriteRule[] = cpu ? [foldTransposes] : []
  return rewrite(graph, rules)
}
