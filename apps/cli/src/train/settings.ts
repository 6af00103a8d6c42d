import type { GptConfig, PresetName } from '@tinystories/model'
import type { OptimizerName, ScheduleName } from '@tinystories/pipeline/recipe'
import type { EngineName } from '@tinystories/trainer'

/** What is done when the loss leaps or is no number. */
export const spikeActions = ['warn', 'rollback'] as const

export type SpikeAction = (typeof spikeActions)[number]

/** What ONNX Runtime, which the compiled engine takes, computes on. */
export const providerNames = ['cpu', 'cuda', 'webgpu'] as const

export type ProviderName = (typeof providerNames)[number]

/** What the person asked for on the command line; every field may be left out. */
export interface TrainFlags {
  data?: string
  valid?: string
  separator?: string
  textField?: string
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
  schedule?: ScheduleName
  warmup?: number
  accumulate?: number
  labelSmoothing?: number
  zLoss?: number
  averageWeights?: number
  steps?: number
  tokens?: number
  epochs?: number
  minutes?: number
  patience?: number
  onSpike?: SpikeAction
  sampleEvery?: number
  seed?: number
  engine?: EngineName | 'auto'
  provider?: ProviderName
  threads?: number
  workers?: number
  evalEvery?: number
  checkpointEvery?: number
  keepCheckpoints?: number
  out?: string
  resume?: string
  force?: boolean
  tensorboard?: boolean
  tracker?: string
  findLearningRate?: boolean
  findBatchSize?: boolean
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
  /** The field or column that holds the story; null: one of the usual names. */
  textField: string | null
  /** Share of the stories held out when there is no `valid`. */
  heldOut: number
  preset: PresetName
  model: GptConfig
  batchSize: number
  learningRate: number
  weightDecay: number
  optimizer: OptimizerName
  schedule: ScheduleName
  warmupSteps: number
  /** Batches of one step. */
  accumulate: number
  labelSmoothing: number
  zLoss: number
  /** Decay of the averages of the weights that are evaluated and saved; null: the weights themselves are. */
  averageDecay: number | null
  /** The run ends at whichever comes first. */
  limits: RunLimitSettings
  /** Tokens of the training stories; counted only where epochs limit a run. */
  tokensPerEpoch: number | null
  /** Evaluations without gain after which the run ends. */
  patience: number | null
  onSpike: SpikeAction
  /** Steps between two stories written on the way; null: none. */
  sampleEvery: number | null
  seed: number
  engine: EngineName | 'auto'
  /** What the compiled engine computes on; null: the processor, where that engine is taken. */
  provider: ProviderName | null
  threads: number | null
  /** Worker threads of the engines that can have some. */
  workers: number | null
  evaluateEvery: number
  checkpointEvery: number
  keepCheckpoints: number
  /** The beginning of the story that is written at the end. */
  prompt: string
}

export interface RunLimitSettings {
  steps: number | null
  tokens: number | null
  epochs: number | null
  minutes: number | null
}

/** For runs begun before these settings were there. */
export const settingDefaults: Pick<
  RunSettings,
  | 'textField'
  | 'schedule'
  | 'accumulate'
  | 'labelSmoothing'
  | 'zLoss'
  | 'averageDecay'
  | 'tokensPerEpoch'
  | 'patience'
  | 'onSpike'
  | 'sampleEvery'
  | 'provider'
  | 'workers'
  | 'keepCheckpoints'
> = {
  textField: null,
  schedule: 'cosine',
  accumulate: 1,
  labelSmoothing: 0,
  zLoss: 0,
  averageDecay: null,
  tokensPerEpoch: null,
  patience: null,
  onSpike: 'warn',
  sampleEvery: null,
  provider: null,
  workers: null,
  keepCheckpoints: 2,
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
