import type { GptConfig } from '@tinystories/model'
import { defaultRecipe, type Recipe } from './recipe.ts'

/** What a run starts from: a model, whose weights or an adapter of them are trained, or nothing. */
export type UsualRateOptions =
  | { from: true; lora: boolean }
  | { from: false; optimizer: Recipe['optimizer']; model: Pick<GptConfig, 'queryKeyNorm'> }

/**
 * Highest learning rate unless one is asked for. Of weights that were trained already a tenth of the usual one; adapters
 * start from nothing. With Muon a model with QK-norm takes twice the usual one, at which a model without it learns worse: see the
 * benchmark `recipe-search`.
 */
export function usualRate(start: UsualRateOptions): number {
  const { learningRate } = defaultRecipe
  if (start.from) return start.lora ? 1e-3 : learningRate / 10
  return start.optimizer === 'muon' && start.model.queryKeyNorm ? 2 * learningRate : learningRate
}
