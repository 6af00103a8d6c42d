import { type GptConfig, gptConfig, initParameters } from '@tinystories/model'
import { createOptimizer, createSchedule, type Recipe, trainableModel } from '@tinystories/pipeline/recipe'
import { type BatchStream, createTrainer, type EvaluationSet } from '@tinystories/trainer'
import { baseRecipe, type Candidate } from './candidates.ts'

/** What all candidates share. */
export interface SearchData {
  vocabSize: number
  contextLength: number
  hiddenSize: number
  threads: number
  batches(recipe: Recipe): BatchStream
  evaluation(recipe: Recipe): Promise<EvaluationSet>
}

/** One training of a candidate. */
export interface Trial {
  candidate: string
  tokens: number
  seed: number
  bitsPerByte: number
}

/** Trains a candidate on so many tokens and scores it on the stories cut from the training text. */
export async function tryCandidate(
  candidate: Candidate,
  data: SearchData,
  { tokens, seed }: Pick<Trial, 'tokens' | 'seed'>,
): Promise<Trial> {
  const { vocabSize, contextLength, hiddenSize, threads } = data
  const recipe: Recipe = { ...baseRecipe, ...candidate.recipe, seed }
  const model: GptConfig = gptConfig('sample', {
    vocabSize,
    contextLength,
    hiddenSize,
    attention: ['global'],
    ...candidate.model,
  })
  const steps = Math.ceil(tokens / (recipe.batchSize * contextLength))
  const trainer = await createTrainer({
    model: trainableModel(model, initParameters(model, seed), recipe),
    data: data.batches(recipe),
    optimizer: createOptimizer({ ...recipe, model }),
    schedule: createSchedule({ ...recipe, warmupSteps: Math.min(recipe.warmupSteps, Math.ceil(steps / 10)) }),
    engine: 'compiled',
    threads,
    evaluation: { ...(await data.evaluation(recipe)), everySteps: Number.MAX_SAFE_INTEGER },
  })
  const { evaluation } = await trainer.run({ steps })
  await trainer.dispose()
  return { candidate: candidate.name, tokens, seed, bitsPerByte: evaluation!.bitsPerByte }
}
