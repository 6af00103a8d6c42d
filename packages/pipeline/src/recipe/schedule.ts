import {
  constant,
  inverseSquareRoot,
  type Schedule,
  warmupCosine,
  warmupLinear,
  warmupStableDecay,
} from '@tinystories/trainer'
import type { ScheduleName } from './names.ts'
import type { Recipe } from './recipe.ts'

/** The learning-rate schedule of a recipe. */
export function createSchedule({
  schedule,
  learningRate: peak,
  warmupSteps,
  decayShare,
}: Pick<Recipe, 'schedule' | 'learningRate' | 'warmupSteps' | 'decayShare'>): Schedule {
  const creators: Record<ScheduleName, () => Schedule> = {
    cosine: () => warmupCosine({ peak, warmupSteps }),
    linear: () => warmupLinear({ peak, warmupSteps }),
    wsd: () => warmupStableDecay({ peak, warmupSteps, decayShare }),
    'inverse-sqrt': () => inverseSquareRoot({ peak, warmupSteps }),
    constant: () => constant(peak),
  }
  return creators[schedule]()
}
