import { registerArithmetic } from './gradients/arithmetic.ts'
import { registerConstant } from './gradients/constant.ts'
import { registerElementwise } from './gradients/elementwise.ts'
import { registerIndexingAndProducts } from './gradients/indexing.ts'
import { registerReduction } from './gradients/reduction.ts'
import { registerShape } from './gradients/shape.ts'

/**
 * Registers the gradients that training a transformer needs and that the Node entry of tfjs-core leaves out.
 * A kernel that already has a gradient keeps it, so calling this twice, or in a bundle where tfjs-core
 * registered its own, changes nothing. Beyond tfjs' set it differentiates `GatherNd`, comparisons (zero) and
 * products with broadcast batches. Convolution, pooling and image kernels are not covered.
 */
export function registerGradients(): void {
  registerArithmetic()
  registerElementwise()
  registerConstant()
  registerReduction()
  registerShape()
  registerIndexingAndProducts()
}
