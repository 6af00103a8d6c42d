import type { Value } from '../graph/graph.ts'
import { type GraphBuilder, sameShape } from '../graph/graph-builder.ts'
import { binary } from '../graph/operations.ts'
import { product, scaled } from './fold-scalars.ts'
import type { RewriteRule } from './rewrite.ts'

/** `factor * value`, or minus that; no factor stands for 1. */
interface Term {
  value: Value
  factor?: Value
  negative: boolean
}

/**
 * Sums of tensors times scalars with fewer passes: `p - (d + p * w) * r` becomes `p * (1 - w r) - d * r`. Weight decay
 * and learning rates then cost one pass each over the weights. Only where nothing else needs what lies in between, and
 * only where it is less work.
 */
export const collectTerms: RewriteRule = ({ builder, node, inputs, uses }) => {
  const [output] = node.outputs
  if ((node.op !== 'Add' && node.op !== 'Sub') || output!.type !== 'float32' || output!.shape.length === 0)
    return undefined
  const [a, b] = inputs as [Value, Value]
  const { shape } = output!
  if (!sameShape(a.shape, shape) || !sameShape(b.shape, shape)) return undefined
  let work = 1
  const expand = (value: Value, factor: Value | undefined, negative: boolean): Term[] => {
    const found = value.node
    const plain: Term = { value, negative, ...(factor && { factor }) }
    if (!found || uses(value) > 1) return [plain]
    const [x, y] = found.inputs as [Value, Value]
    const parts = found.op === 'Mul' ? scaled([x, y]) : undefined
    if (parts) {
      work++
      return expand(parts.x, factor ? product(builder, factor, parts.scalar) : parts.scalar, negative)
    }
    const sum = found.op === 'Add' || found.op === 'Sub'
    if (sum && sameShape(x.shape, shape) && sameShape(y.shape, shape)) {
      work++
      return [...expand(x, factor, negative), ...expand(y, factor, negative !== (found.op === 'Sub'))]
    }
    const dividend =
      found.op === 'Div' && x.node?.op === 'Mul' && uses(x) <= 1
        ? scaled(x.node.inputs as [Value, Value])
        : undefined
    if (dividend && sameShape(dividend.x.shape, shape)) {
      work++
      const quotient = binary(builder, 'Div', dividend.x, y)
      return [
        {
          value: quotient,
          factor: factor ? product(builder, factor, dividend.scalar) : dividend.scalar,
          negative,
        },
      ]
    }
    return [plain]
  }
  const terms = merge(builder, [...expand(a, undefined, false), ...expand(b, undefined, node.op === 'Sub')])
  const newWork = terms.length - 1 + terms.filter(({ factor }) => factor).length
  if (newWork >= work || terms[0]!.negative) return undefined
  return [sumOf(builder, terms)]
}

/** Terms of the same tensor as one. */
function merge(builder: GraphBuilder, terms: readonly Term[]): Term[] {
  const merged: Term[] = []
  for (const term of terms) {
    const at = merged.findIndex(({ value }) => value === term.value)
    if (at < 0) merged.push(term)
    else merged[at] = { value: term.value, factor: addFactors(builder, merged[at]!, term), negative: false }
  }
  return merged
}

function addFactors(builder: GraphBuilder, a: Term, b: Term): Value {
  const one = builder.scalar(1)
  const first = a.negative ? binary(builder, 'Sub', builder.scalar(0), a.factor ?? one) : (a.factor ?? one)
  return binary(builder, b.negative ? 'Sub' : 'Add', first, b.factor ?? one)
}

function sumOf(builder: GraphBuilder, terms: readonly Term[]): Value {
  const weighted = terms.map(({ value, factor, negative }) => ({
    value: factor ? binary(builder, 'Mul', value, factor) : value,
    negative,
  }))
  return weighted
    .slice(1)
    .reduce(
      (sum, { value, negative }) => binary(builder, negative ? 'Sub' : 'Add', sum, value),
      weighted[0]!.value,
    )
}
