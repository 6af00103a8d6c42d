import type { AdamWOptions } from './adam-w.ts'
import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { partition } from './partition.ts'
import { scale } from './scale.ts'
import { scaleByAdam } from './scale-by-adam.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'
import { type MuonOptions, scaleByMuon } from './scale-by-muon.ts'

/** Options of {@link muon}. */
export interface MuonWithAdamWOptions extends AdamWOptions, MuonOptions {
  /** See `addDecayedWeights`. Default false. */
  cautious?: boolean
  /** Muon's learning rate as a multiple of the schedule's. Default 10. */
  muonFactor?: number
}

/**
 * Muon for the matrices inside the blocks, AdamW for embeddings, head, biases and norms, both on one schedule and
 * with decoupled decay.
 *
 * Which is which goes by name: an embedding or head is a table with a row for each token or position, not a map
 * between hidden states, and does not profit from orthogonal updates.
 */
export function muon({
  muonFactor = 10,
  momentum,
  layout,
  maps,
  weightDecay = 0.1,
  cautious = false,
  maxGradientNorm = 1,
  ...adam
}: MuonWithAdamWOptions = {}): Optimizer {
  const ofMuon = {
    ...(momentum !== undefined && { momentum }),
    ...(layout !== undefined && { layout }),
    ...(maps !== undefined && { maps }),
  }
  const decay = addDecayedWeights({ weightDecay, cautious })
  const matrices = chain(scaleByMuon(ofMuon), decay, scale(muonFactor))
  const others = chain(scaleByAdam(adam), decay)
  const isHiddenMatrix = (name: string, shape: number[]): boolean =>
    shape.length === 2 && !/embedding|head|wte|wpe/i.test(name)
  return {
    ...chain(
      clipByGlobalNorm(maxGradientNorm),
      partition(isHiddenMatrix, matrices, others),
      scaleByLearningRate(),
    ),
    // The links cannot say it: what parts them is a function.
    source: {
      module: import.meta.url,
      export: 'muon',
      argument: { muonFactor, ...ofMuon, weightDecay, cautious, maxGradientNorm, ...adam },
    },
  }
}
