import { type GptConfig, sizesOf } from '@tinystories/model'
import { adam, adamW, lion, muon, type Optimizer, sgd } from '@tinystories/trainer'
import { averageWeights, chain, scaleByName } from '@tinystories/trainer/optimizers'
import type { OptimizerName } from './names.ts'
import type { Recipe } from './recipe.ts'

/** What of a recipe, and of the model that it trains, decides the optimizer. */
export type OptimizerSettings = Pick<
  Recipe,
  'optimizer' | 'weightDecay' | 'cautiousDecay' | 'muonFactor' | 'separateMaps' | 'averageDecay'
> & { model: GptConfig } & Partial<Pick<Recipe, 'learningRates'>>

/** The optimizer of a recipe, with learning rates by name and averaged weights where it asks for them. */
export function createOptimizer(settings: OptimizerSettings): Optimizer {
  const { optimizer, weightDecay, cautiousDecay, muonFactor, separateMaps, averageDecay, model } = settings
  const { learningRates = {} } = settings
  const creators: Record<OptimizerName, () => Optimizer> = {
    muon: () =>
      muon({
        weightDecay,
        muonFactor,
        cautious: cautiousDecay,
        ...(separateMaps && { layout: 'in-out', maps: mapsSideBySide(model) }),
      }),
    adamw: () => adamW({ weightDecay }),
    adam: () => adam(),
    lion: () => lion({ weightDecay }),
    sgd: () => sgd({ weightDecay, nesterov: true }),
  }
  const created = creators[optimizer]()
  const parts = [
    ...(Object.keys(learningRates).length > 0 ? [scaleByName(learningRates)] : []),
    ...(averageDecay === null ? [] : [averageWeights({ decay: averageDecay })]),
  ]
  return parts.length === 0 ? created : chain(created, ...parts)
}

/** Columns of the maps that share a matrix, by the end of its name. */
function mapsSideBySide(model: GptConfig): Record<string, number[]> {
  const { hiddenSize, mlpSize } = model
  const { keyValueSize, upSize } = sizesOf(model)
  return {
    'attention.qkv.weight': [hiddenSize, keyValueSize, keyValueSize],
    ...(upSize > mlpSize && { 'mlp.up.weight': [mlpSize, mlpSize] }),
  }
}
