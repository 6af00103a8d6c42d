import { registerArithmetic } from './gradients/arithmetic.ts'
import { registerConstant } from './gradients/constant.ts'
import { registerElementwise } from './gradients/elementwise.ts'
import { registerImages } from './gradients/images.ts'
import { registerIndexingAndProducts } from './gradients/indexing.ts'
import { restoreGradients } from './gradients/keep-gradient.ts'
import { registerReduction } from './gradients/reduction.ts'
import { registerShape } from './gradients/shape.ts'
import { registerSpatial } from './gradients/spatial.ts'
import { registerVolumes } from './gradients/volumes.ts'

/**
 * Registers the gradients that training a transformer needs and that the Node entry of tfjs-core leaves out. They
 * replace tfjs's own and stay, whenever `@tensorflow/tfjs` or tfjs-node is imported, because tfjs's throw for some
 * broadcast or batched operands. Beyond tfjs's set they differentiate `GatherNd`, comparisons (zero) and products with
 * broadcast batches. Convolutions and pools of two and three dimensions, resizing, dilation and normalizations are
 * covered. Calling this again changes nothing.
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
  registerVolumes()
  registerImages()
}
