import type { Graph } from '../graph/graph.ts'
import { collectTerms } from './collect-terms.ts'
import { exactIntegers } from './exact-integers.ts'
import { exactNan } from './exact-nan.ts'
import { foldScalars } from './fold-scalars.ts'
import { foldTransposes } from './fold-transposes.ts'
import { fuseGelu, lowerGelu } from './fuse-gelu.ts'
import { fuseLayerNorm, takeLayerNorm } from './fuse-layer-norm.ts'
import { fuseRmsFactor, fuseRmsNorm, takeSum } from './fuse-rms-norm.ts'
import { fuseSumOfSquares, meanRowsByProduct, sumRowsByProduct } from './fuse-sums.ts'
import { lowerAttention } from './lower-attention.ts'
import { lowerRotary } from './lower-rotary.ts'
import { mergeScatter } from './merge-scatter.ts'
import { packSmall } from './pack-small.ts'
import { type RewriteRule, rewrite } from './rewrite.ts'
import { scatterByProduct } from './scatter-by-product.ts'
import { splitJoins } from './split-joins.ts'
import { waitByReshape } from './wait-by-reshape.ts'

/** Options of {@link optimize}. */
export interface OptimizeOptions {
  /** Whether the graph may use ONNX Runtime's own operations of its CPU provider. Default: true. */
  cpu?: boolean
  /** Without `cpu`: how many tensors one operation may join or split. Default: 7, which every WebGPU can. */
  atOnce?: number
}

/** What every WebGPU binds to one operation is eight tensors. */
const FEWEST_AT_ONCE = 7

/** Rules for any provider, with operations of the ONNX standard. */
const RULES: readonly RewriteRule[] = [
  fuseLayerNorm,
  takeLayerNorm,
  foldScalars,
  collectTerms,
  mergeScatter,
  fuseSumOfSquares,
]

/** Rules for ONNX Runtime's CPU kernels, some of which nobody else knows. */
const CPU_RULES: readonly RewriteRule[] = [
  exactIntegers,
  exactNan,
  fuseRmsFactor,
  fuseRmsNorm,
  takeSum,
  fuseGelu,
  foldTransposes,
  sumRowsByProduct,
  waitByReshape,
]

/** Rules for graphics cards: what they lack, and what they would compute in another order each time. */
const DEVICE_RULES: readonly RewriteRule[] = [
  lowerAttention,
  lowerRotary,
  lowerGelu,
  scatterByProduct,
  sumRowsByProduct,
  meanRowsByProduct,
]

/**
 * The graph without what no output needs, and with patterns replaced by what runs faster. The result computes the
 * same up to the rounding of float32.
 */
export function optimize(graph: Graph, { cpu = true, atOnce = FEWEST_AT_ONCE }: OptimizeOptions = {}): Graph {
  return cpu
    ? packSmall(rewrite(graph, [...RULES, ...CPU_RULES]))
    : packSmall(rewrite(graph, [...DEVICE_RULES, splitJoins(atOnce), ...RULES]), atOnce)
}
