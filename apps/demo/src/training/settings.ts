import type { GptOverrides } from '@tinystories/model'
import { defaultRecipe, type Recipe, usualRate } from '@tinystories/pipeline/recipe'

/** A model size that a browser can train in minutes. */
export interface TrainingSize {
  id: string
  name: string
  detail: string
  model: GptOverrides & { contextLength: number }
  /** Largest size of the vocabulary that is trained on the text. */
  vocabSize: number
  learningRate: number
}

export const sizes: readonly TrainingSize[] = [
  {
    id: 'mini',
    name: 'Mini',
    detail: '2 layers of width 64: words within a minute',
    model: { hiddenSize: 64, layers: 2, heads: 4, contextLength: 128 },
    vocabSize: 1024,
    learningRate: 6e-3,
  },
  {
    id: 'small',
    name: 'Small',
    detail: '4 layers of width 64: sentences in minutes',
    model: { hiddenSize: 64, layers: 4, heads: 4, contextLength: 128 },
    vocabSize: 2048,
    learningRate: 4e-3,
  },
  {
    id: 'medium',
    name: 'Medium',
    detail: '4 layers of width 128: better, and slower',
    model: { hiddenSize: 128, layers: 4, heads: 4, contextLength: 256 },
    vocabSize: 4096,
    learningRate: 3e-3,
  },
]

/** Settings of a run; a resumed run takes them from its checkpoint. */
export interface TrainingSettings {
  /** Of a new model; of one that is trained further the size that was chosen last. */
  size: string
  /** What the text is called. */
  corpusName: string
  minutes: number
  seed: number
  /** What the model is called that is trained further; a new one without it. */
  from?: string
  /** Whether the stories are written on request: each gets an instruction. Default false. */
  instruct?: boolean
}

export function sizeOf({ size }: TrainingSettings): TrainingSize {
  return sizes.find(({ id }) => id === size) ?? sizes[0]!
}

/** What a run is called in lists. */
export function runName(settings: TrainingSettings): string {
  const { from, instruct, corpusName } = settings
  return `${from ?? sizeOf(settings).name} on ${corpusName}${instruct ? ', on request' : ''}`
}

/** The recipe of a run: the defaults, with the learning rate and a warm-up for short runs of small models. */
export function recipeOf(settings: TrainingSettings): Recipe {
  const learningRate =
    settings.from === undefined ? sizeOf(settings).learningRate : usualRate({ from: true, lora: false })
  return { ...defaultRecipe, learningRate, warmupSteps: 60, seed: settings.seed }
}
