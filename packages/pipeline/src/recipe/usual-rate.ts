import { defaultRecipe } from './recipe.ts'

/**
 * Highest learning rate unless one is asked for: of weights that were trained already a tenth of the usual one; adapters
 * start from nothing.
 *
 * @param start.from whether the run starts from a model
 * @param start.lora whether only an adapter is trained
 */
export function usualRate({ from, lora }: { from: boolean; lora: boolean }): number {
  if (!from) return defaultRecipe.learningRate
  return lora ? 1e-3 : defaultRecipe.learningRate / 10
}
