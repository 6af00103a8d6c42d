import {
  adam,
  adamW,
  averageWeights,
  chain,
  constant,
  inverseSquareRoot,
  lion,
  muon,
  type Optimizer,
  type Schedule,
  sgd,
  warmupCosine,
  warmupLinear,
  warmupStableDecay,
} from '@tinystories/trainer'
import type { RunSettings } from './settings.ts'

/** The optimiser of a run, with averages of the weights where they are asked for. */
export function optimizerOf({
  optimizer,
  weightDecay,
  averageDecay,
}: Pick<RunSettings, 'optimizer' | 'weightDecay' | 'averageDecay'>): Optimizer {
  const makers = {
    muon: () => muon({ weightDecay }),
    adamw: () => adamW({ weightDecay }),
    adam: () => adam(),
    lion: () => lion({ weightDecay }),
    sgd: () => sgd({ weightDecay, nesterov: true }),
  }
  const made = makers[optimizer]()
  return averageDecay === null ? made : chain(made, averageWeights({ decay: averageDecay }))
}

export function scheduleOf({
  schedule,
  learningRate: peak,
  warmupSteps,
}: Pick<RunSettings, 'schedule' | 'learningRate' | 'warmupSteps'>): Schedule {
  const makers = {
    cosine: () => warmupCosine({ peak, warmupSteps }),
    linear: () => warmupLinear({ peak, warmupSteps }),
    wsd: () => warmupStableDecay({ peak, warmupSteps }),
    'inverse-sqrt': () => inverseSquareRoot({ peak, warmupSteps }),
    constant: () => constant(peak),
  }
  return makers[schedule]()
}
