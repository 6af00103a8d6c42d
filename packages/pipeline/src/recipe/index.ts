// What works in a page as well as in Node: how a model is trained, evaluated on the way and sampled from.

export { PipelineError, type PipelineErrorDetails } from '../errors.ts'
export { scoreEndings } from '../score-endings.ts'
export {
  type BatchShape,
  type EvaluationSetOptions,
  endOfText,
  evaluationSet,
  type TextOrTokens,
  type TrainingBatchesOptions,
  trainingBatches,
} from './batches.ts'
export { checkMemory } from './check-memory.ts'
export { type FitWindowOptions, fitWindow } from './fit-window.ts'
export { measureStories, type StoryLengths } from './measure-stories.ts'
export {
  type ExportFormatName,
  exportFormats,
  type GenerationEngineName,
  type GoalName,
  generationEngines,
  goalNames,
  type OptimizerName,
  optimizerNames,
  type ProviderName,
  providerNames,
  type ScheduleName,
  type SpikeAction,
  scheduleNames,
  spikeActions,
} from './names.ts'
export { createOptimizer } from './optimizer.ts'
export { defaultRecipe, type Recipe } from './recipe.ts'
export { createSchedule } from './schedule.ts'
export { type TrainVocabularyOptions, trainVocabulary } from './train-vocabulary.ts'
export { trainableModel } from './trainable-model.ts'
export { usualPrompt } from './usual-prompt.ts'
export { usualRate } from './usual-rate.ts'
export { type StoryOptions, samplingDefaults, type TextModel, writeStory } from './write-story.ts'
