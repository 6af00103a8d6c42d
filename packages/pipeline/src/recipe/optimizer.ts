import { adam, adamW, lion, muon, type Optimizer, sgd } from '@tinystories/trainer'
import { averageWeights, chain } from '@tinystories/trainer/optimizers'
import type { OptimizerName } from './names.ts'
import type { Recipe } from './recipe.ts'

/** The optimizer of a recipe, with averaged weights where it asks for them. */
export function createOptimizer({
  optimizer,
  weightDecay,
  averageDecay,
}: Pick<Recipe, 'optimizer' | 'weightDecay' | 'averageDecay'>): Optimizer {
  const creators: Record<OptimizerName, () => Optimizer> = {
    muon: () => muon({ weightDecay }),
    adamw: () => adamW({ weightDecay }),
    adam: () => adam(),
    lion: () => lion({ weightDecay }),
    sgd: () => sgd({ weightDecay, nesterov: true }),
  }
  const created = creators[optimizer]()
  return averageDecay === null ? created : chain(created, averageWeights({ decay: averageDecay }))
}
