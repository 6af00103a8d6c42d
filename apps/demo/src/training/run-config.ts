import { type GptConfig, gptConfig } from '@tinystories/model'
import { sizeOf, type TrainingSettings } from './settings.ts'

/** The model of a run, with as many pieces as its vocabulary came to have. */
export function configOf(settings: TrainingSettings, vocabSize: number): GptConfig {
  return gptConfig('sample', { ...sizeOf(settings).model, vocabSize })
}
