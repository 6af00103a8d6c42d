import { registerArithmetic } from './gradients/arithmetic.ts'
import { registerConstant } from './gradients/constant.ts'
import { registerElementwise } from './gradients/elementwise.ts'
import { registerIndexingAndProducts } from './gradients/indexing.ts'
import { restoreGradients } from './gradients/keep-gradient.ts'
import { registerReduction } from './gradients/reduction.ts'
import { registerShape } from './gradients/shape.ts'
import { registerSpatial } from './gradients/spatial.ts'

/**
 * Registers the gradients that training a transformer needs and that the Node entry of tfjs-core leaves out. They
 * replace tfjs's own and stay, whenever `@tensorflow/tfjs` or tfjs-node is imported, because tfjs's throw for some
 * broadcast or batched operands. Beyond tfjs's set they differentiate `GatherNd`, comparisons (zero) and products with
 * broadcast batches. Convolutions and pools of two
 * dimensions are covered, those of three and resizing are not. Calling this again changes nothing.
 */
export function registerGradients(): void {
  if (restoreGradients()) return
  registerArithmetic()
  registerElementwise()
  registerConstant()
  registerReduction()
  registerShape()
  registerIndexingAndProducts()
  registerSpatial()
}
