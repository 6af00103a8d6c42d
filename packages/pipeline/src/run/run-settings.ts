import { type InstructSettings, instructSettingsSchema } from '@tinystories/dataset/instruct'
import {
  type AdapterConfig,
  type GptConfig,
  gptConfigSchema,
  type PresetName,
  presets,
} from '@tinystories/model'
import { type EngineName, engineNames } from '@tinystories/trainer'
import * as v from 'valibot'
import {
  optimizerNames,
  type ProviderName,
  providerNames,
  type SpikeAction,
  scheduleNames,
  spikeActions,
} from '../recipe/names.ts'
import { defaultRecipe, type Recipe } from '../recipe/recipe.ts'
import type { StoryFormatSettings } from '../source/read-options.ts'

/** Everything that decides a run: written to its `config.json` and read again on resuming. */
export interface RunSettings extends Recipe, StoryFormatSettings {
  version: 1
  data: string
  /** Held-out stories; null: a share of `data`. */
  valid: string | null
  /** Share of the stories that is held out when there is no `valid`. */
  heldOut: number
  /** How stories get instructions; null: they have none. */
  instruct: InstructSettings | null
  promptLossWeight: number
  dropLong: boolean
  /** The model that the run started from; null: a new one. */
  from: string | null
  /** With `from`: an adapter that was added to its weights; null: none. */
  fromAdapter: string | null
  /** Steps of the run whose optimizer is kept; null: the optimizer is a fresh one. */
  keptSteps: number | null
  /** Low-rank adapters, which alone are trained; null: the model itself is. */
  adapter: AdapterConfig | null
  /** Patterns of parameters' names that are not trained. */
  freeze: readonly string[]
  /** Null where the run started from a model. */
  preset: PresetName | null
  model: GptConfig
  /** Tokens in a training window; null: the context of the model. */
  windowLength: number | null
  /** The run ends at whichever comes first. */
  limits: RunLimitSettings
  /** How steps are chosen when the run begins, which then stand in `limits`; null: they are chosen. */
  fit: FitSettings | null
  /** Tokens of the training stories; counted only where epochs limit a run, or a goal asks for the best. */
  tokensPerEpoch: number | null
  /** Evaluations without gain after which the run ends. */
  patience: number | null
  onSpike: SpikeAction
  /** Steps between two sample stories; null: none. */
  sampleEvery: number | null
  engine: EngineName | 'auto'
  /** What the compiled engine computes on; null: the processor, where that engine is used. */
  provider: ProviderName | null
  threads: number | null
  /** Worker threads of the engines that can have some. */
  workers: number | null
  evaluateEvery: number
  checkpointEvery: number
  keepCheckpoints: number
  /** Prompt of the stories that the run writes. */
  prompt: string
}

/** How the steps of a run are to be chosen once the machine's rate is known. */
export interface FitSettings {
  /** Seconds that its steps may take. */
  seconds: number
  /** Passes over the stories after which others would be worth more; null: as many as there is time for. */
  maxEpochs: number | null
}

/** Limits of a run; null: none. */
export interface RunLimitSettings {
  steps: number | null
  tokens: number | null
  epochs: number | null
  minutes: number | null
}

const integer = v.pipe(v.number(), v.safeInteger())
const count = v.pipe(integer, v.minValue(1))
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const positive = v.pipe(v.number(), v.minValue(Number.MIN_VALUE))
/** A setting that runs of earlier releases lack. */
const added = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema), null)

/** Of a run's `config.json`. */
export const runSettingsSchema: v.GenericSchema<unknown, RunSettings> = v.object({
  version: v.literal(1),
  data: v.string(),
  valid: v.nullable(v.string()),
  separator: v.nullable(v.string()),
  textField: added(v.string()),
  format: added(v.picklist(['text', 'lines', 'jsonl', 'json', 'csv'])),
  encoding: added(v.string()),
  delimiter: added(v.string()),
  quote: added(v.string()),
  columns: added(v.array(v.string())),
  heldOut: share,
  instruct: added(instructSettingsSchema),
  promptLossWeight: v.optional(share, 0),
  dropLong: v.optional(v.boolean(), false),
  from: added(v.string()),
  fromAdapter: added(v.string()),
  keptSteps: added(count),
  adapter: added(v.object({ rank: count, alpha: positive, targets: v.array(v.string()) })),
  freeze: v.optional(v.array(v.string()), []),
  preset: v.nullable(v.picklist(Object.keys(presets) as PresetName[])),
  model: gptConfigSchema,
  windowLength: added(count),
  batchSize: count,
  learningRate: positive,
  weightDecay: v.number(),
  // As they were before a recipe could say so.
  cautiousDecay: v.optional(v.boolean(), false),
  muonFactor: v.optional(positive, 10),
  separateMaps: v.optional(v.boolean(), false),
  decayShare: v.optional(share, 0.2),
  optimizer: v.picklist(optimizerNames),
  schedule: v.optional(v.picklist(scheduleNames), defaultRecipe.schedule),
  warmupSteps: v.pipe(integer, v.minValue(0)),
  accumulate: v.optional(count, defaultRecipe.accumulate),
  labelSmoothing: v.optional(v.number(), defaultRecipe.labelSmoothing),
  zLoss: v.optional(v.number(), defaultRecipe.zLoss),
  dropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.9)), 0),
  averageDecay: added(v.number()),
  learningRates: v.optional(v.record(v.string(), v.pipe(v.number(), v.minValue(0))), {}),
  limits: v.object({
    steps: added(count),
    tokens: added(count),
    epochs: added(positive),
    minutes: added(positive),
  }),
  fit: added(v.object({ seconds: positive, maxEpochs: v.nullable(positive) })),
  tokensPerEpoch: added(v.number()),
  patience: added(count),
  onSpike: v.optional(v.picklist(spikeActions), 'warn'),
  sampleEvery: added(count),
  seed: integer,
  engine: v.picklist(['auto', ...engineNames]),
  provider: added(v.picklist(providerNames)),
  threads: added(count),
  workers: added(count),
  evaluateEvery: count,
  checkpointEvery: count,
  keepCheckpoints: v.optional(count, 2),
  prompt: v.string(),
})

/** Tokens in a training window. */
export function windowLength({
  windowLength: own,
  model,
}: Pick<RunSettings, 'windowLength' | 'model'>): number {
  return own ?? model.contextLength
}
