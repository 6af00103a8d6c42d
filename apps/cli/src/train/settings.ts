import type { GptConfig, PresetName } from '@tinystories/model'
import type { EngineName } from '@tinystories/trainer'

/** How the parameters are updated. */
export const optimizerNames = ['muon', 'adamw'] as const

export type OptimizerName = (typeof optimizerNames)[number]

/** What the person asked for on the command line; every field may be left out. */
export interface TrainFlags {
  data?: string
  valid?: string
  separator?: string
  heldOut?: number
  tokenizer?: string
  vocabSize?: number
  preset?: PresetName
  hidden?: number
  layers?: number
  heads?: number
  context?: number
  batch?: number
  learningRate?: number
  weightDecay?: number
  optimizer?: OptimizerName
  warmup?: number
  steps?: number
  minutes?: number
  seed?: number
  engine?: EngineName | 'auto'
  threads?: number
  evalEvery?: number
  checkpointEvery?: number
  out?: string
  resume?: string
  prompt?: string
}

/** All that decides a run: written to its config.json and read again on resuming. */
export interface RunSettings {
  version: 1
  data: string
  /** Held-out stories; without it a share of `data`. */
  valid: string | null
  /** What stands between two stories of a plain text; null: `<|endoftext|>`. */
  separator: string | null
  /** Share of the stories held out when there is no `valid`. */
  heldOut: number
  preset: PresetName
  model: GptConfig
  batchSize: number
  learningRate: number
  weightDecay: number
  optimizer: OptimizerName
  warmupSteps: number
  /** The run ends at whichever comes first. */
  limits: { steps: number | null; minutes: number | null }
  seed: number
  engine: EngineName | 'auto'
  threads: number | null
  evaluateEvery: number
  checkpointEvery: number
  /** The beginning of the story that is written at the end. */
  prompt: string
}

/** Training stories below this size count as a small corpus: a smaller vocabulary, a short run. */
export const smallCorpusBytes = 4_000_000

/**
 * The vocabulary of a text when none is asked for. A small text has too few examples of each piece for a large
 * vocabulary, and below 10 M parameters the head over the vocabulary is a good part of the work.
 */
export function defaultVocabSize(bytes: number): number {
  return bytes < smallCorpusBytes ? 2048 : 4096
}
