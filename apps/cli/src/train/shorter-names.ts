/** Options of a run that have a shorter name on the command line. */
interface ShorterNames {
  hiddenSize: 'hidden'
  contextLength: 'context'
  batchSize: 'batch'
  warmupSteps: 'warmup'
  averageDecay: 'averageWeights'
  evaluateEvery: 'evalEvery'
  learningRates: 'layerRate'
}

export const shorterNames: ShorterNames = {
  hiddenSize: 'hidden',
  contextLength: 'context',
  batchSize: 'batch',
  warmupSteps: 'warmup',
  averageDecay: 'averageWeights',
  evaluateEvery: 'evalEvery',
  learningRates: 'layerRate',
}
