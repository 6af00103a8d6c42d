import type { PresetName } from '@tinystories/model'
import { PipelineError } from '../errors.ts'
import type { GoalName, OptimizerName, ProviderName, ScheduleName, SpikeAction } from '../recipe/names.ts'
import type { TrainingSourceOptions } from '../source/training-source.ts'
import type { RunSettings } from './run-settings.ts'

/** What a run can be asked for; whatever is left out is chosen to fit the data. */
export interface RunOptions
  extends Omit<
    TrainingSourceOptions,
    'data' | 'tokenizer' | 'instruct' | 'access' | 'signal' | 'onVocabulary'
  > {
  /** Default: the bundled corpus. */
  data?: string
  /** A run, a folder with a model, or `hf://owner/name` whose weights, configuration and tokenizer the run starts from. */
  from?: string
  /** With `from`: an adapter that is added to its weights. */
  adapter?: string
  /** With `from`: goes on from the newest checkpoint of a run, the state of its optimizer included. */
  keepOptimizer?: boolean
  /** With `from`: trains low-rank adapters of this rank alone. */
  lora?: number
  /** With `lora`: what the adapters count, as a multiple of the rank. Default: twice the rank. */
  loraAlpha?: number
  /** With `lora`: ends of the names of the maps that get one, as transformers names them. Default: as PEFT chooses. */
  loraTargets?: string[]
  /** Patterns of parameters' names that are not trained, such as `embedding.*` or `layers.0.*`. */
  freeze?: string[]
  /** Factors of the learning rate by patterns of parameters' names. */
  learningRates?: Record<string, number>
  /** Factor of the learning rate of each layer against the one above it, down to the embeddings. */
  layerDecay?: number
  /** Path of a tokenizer. Default: that of `from` or of token shards, else one trained on the stories. */
  tokenizer?: string
  /**
   * Trains on instructions and their stories: the name of a template or the path of one; true: that of `from`, else
   * `tinystories`. Default: as token shards were written, else on stories alone.
   */
  instruct?: string | true
  /** With `instruct`: never asks for words and a summary together. */
  ood?: boolean
  /** With `instruct`: what the tokens of an instruction count in the loss, from 0 (default) to 1. */
  promptLossWeight?: number
  /** With `instruct`: leaves out stories that do not fit into a window. Default: an error. */
  dropLong?: boolean
  preset?: PresetName
  hiddenSize?: number
  layers?: number
  heads?: number
  /** Tokens in a training window, and of a new model the length of its context. */
  contextLength?: number
  batchSize?: number
  learningRate?: number
  weightDecay?: number
  optimizer?: OptimizerName
  schedule?: ScheduleName
  warmupSteps?: number
  accumulate?: number
  labelSmoothing?: number
  zLoss?: number
  dropout?: number
  averageDecay?: number
  /**
   * What the run is for, in place of limits: `fast` ends in ten minutes, `best` in three hours, or when the stories have
   * been seen so often that others would be worth more. The steps are chosen by the measured rate.
   */
  goal?: GoalName
  steps?: number
  tokens?: number
  epochs?: number
  minutes?: number
  patience?: number
  onSpike?: SpikeAction
  sampleEvery?: number
  seed?: number
  engine?: RunSettings['engine']
  provider?: ProviderName
  threads?: number
  workers?: number
  evaluateEvery?: number
  checkpointEvery?: number
  keepCheckpoints?: number
  prompt?: string
}

/** The limits that options name. */
export function limitsOf({ steps, tokens, epochs, minutes }: RunOptions): RunSettings['limits'] {
  return { steps: steps ?? null, tokens: tokens ?? null, epochs: epochs ?? null, minutes: minutes ?? null }
}

/** @throws PipelineError `provider-without-compiled` */
export function checkProvider({ provider, engine = 'auto' }: RunOptions): void {
  if (provider !== undefined && engine !== 'auto' && engine !== 'compiled')
    throw new PipelineError('provider-without-compiled', { provider, engine })
}
