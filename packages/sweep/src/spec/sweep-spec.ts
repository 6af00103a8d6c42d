import { type OptimizerName, optimizerNames, type ScheduleName, scheduleNames } from '@tinystories/pipeline'
import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'

const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))
const axis = <const Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.minLength(1))

const positive = v.pipe(v.number(), v.gtValue(0))
const name = v.pipe(v.string(), v.minLength(1))

const gridSchema = v.strictObject({
  hidden: axis(whole(1)),
  layers: axis(whole(1)),
  heads: v.optional(axis(whole(1))),
  seed: v.optional(axis(whole(0))),
  tokens: v.optional(axis(whole(1))),
  learningRate: v.optional(axis(positive)),
  recipe: v.optional(axis(name)),
  data: v.optional(axis(name)),
  instruct: v.optional(axis(v.boolean())),
})

const recipeSchema = v.strictObject({
  optimizer: v.optional(v.picklist(optimizerNames)),
  schedule: v.optional(v.picklist(scheduleNames)),
  learningRate: v.optional(positive),
  weightDecay: v.optional(v.pipe(v.number(), v.minValue(0))),
  warmupSteps: v.optional(whole(0)),
  accumulate: v.optional(whole(1)),
})

const judgeSchema = v.strictObject({
  model: name,
  baseUrl: v.optional(v.string()),
  maxTokens: v.optional(whole(1)),
})

/** More than anybody trains: a budget for files from outside, whose axes multiply. */
const MAX_CELLS = 10_000

function cellsOf(grids: readonly Record<string, readonly unknown[] | undefined>[]): number {
  return grids.reduce(
    (sum, grid) => sum + Object.values(grid).reduce((cells, values) => cells * (values?.length ?? 1), 1),
    0,
  )
}

const specSchema = v.strictObject({
  name,
  data: v.optional(v.string(), 'sample'),
  heldOut: v.optional(v.string()),
  context: v.optional(whole(2), 256),
  vocabSize: v.optional(whole(64)),
  batchSize: v.optional(whole(1), 8),
  tokens: whole(1),
  prompts: v.optional(axis(v.string())),
  promptFile: v.optional(name),
  quotePromptFile: v.optional(v.boolean(), true),
  beams: v.optional(whole(1), 5),
  continuations: v.optional(whole(0), 100),
  instruct: v.optional(name, 'tinystories'),
  instructions: v.optional(whole(1), 100),
  judge: v.optional(v.union([v.literal('offline'), judgeSchema]), 'offline'),
  recipes: v.optional(v.record(v.string(), recipeSchema)),
  needs: v.optional(
    v.strictObject({
      cores: v.optional(whole(1)),
      memory: v.optional(positive),
      gpu: v.optional(v.boolean()),
    }),
  ),
  trials: v.optional(whole(1), 1),
  maxTokens: v.optional(whole(1), 120),
  grids: v.pipe(
    axis(gridSchema),
    v.check(grids => cellsOf(grids) <= MAX_CELLS, `grids of at most ${MAX_CELLS} cells together`),
  ),
})

/** Axes whose values are combined with each other. */
export interface Grid {
  hidden: number[]
  layers: number[]
  /** Default: 16 as in the paper, or the largest power of two below it that divides the hidden size. */
  heads?: number[] | undefined
  /** Default `[42]`. */
  seed?: number[] | undefined
  /** Tokens to train on. Default: those of the sweep. */
  tokens?: number[] | undefined
  /** Highest learning rate. Default: that of the recipe. */
  learningRate?: number[] | undefined
  /** Names among the sweep's `recipes`. Default: the recipe of `tinystories train`. */
  recipe?: string[] | undefined
  /** Stories to train on. Default: those of the sweep. */
  data?: string[] | undefined
  /** Whether models are trained on instructions. Default `[false]`. */
  instruct?: boolean[] | undefined
}

/** How models are trained, where it differs from the default recipe. */
export interface SweepRecipe {
  optimizer?: OptimizerName | undefined
  schedule?: ScheduleName | undefined
  learningRate?: number | undefined
  weightDecay?: number | undefined
  warmupSteps?: number | undefined
  accumulate?: number | undefined
}

/** A judge by the name of its model, at the server of the app's settings unless `baseUrl` names one. */
export interface JudgeSpec {
  model: string
  baseUrl?: string | undefined
  /** Tokens of one reply. Default 600. */
  maxTokens?: number | undefined
}

/** What a job occupies while it runs. */
export interface Needs {
  cores: number
  /** GB. */
  memory: number
  gpu: boolean
}

/** A sweep as data: grids of models, and what they have in common. */
export interface SweepSpec {
  name: string
  /** Stories to train on: a path, an address, `hf://owner/name`, or `sample`, which is the default. */
  data: string
  /** Held-out stories. Default: a tenth of `data`. */
  heldOut?: string | undefined
  /** Tokens of a window. Default 256. */
  context: number
  /** Pieces of the vocabulary that is trained. Default: by the size of the text. */
  vocabSize?: number | undefined
  /** Windows in a batch. Default 8. */
  batchSize: number
  /** Tokens that each cell trains on, unless its grid says otherwise. */
  tokens: number
  /** Prompts that every model continues. Default: those of the grader. */
  prompts?: string[] | undefined
  /** A file of further prompts, such as the 44 that come with the data set: YAML or JSON. */
  promptFile?: string | undefined
  /** Whether reports repeat the texts of that file, or only number them. Default true. */
  quotePromptFile: boolean
  /** Beams of the beam search. Default 5, as the paper's published completions. */
  beams: number
  /** Training stories that are cut and continued, to see what was memorized. Default 100, as in the paper. */
  continuations: number
  /** Template of the instructions of instruct models: its name or the path of one. Default `tinystories`. */
  instruct: string
  /** Instructions that each instruct model is asked to follow. Default 100. */
  instructions: number
  /** Who grades the sampled completions. Default: the offline estimate. */
  judge: 'offline' | JudgeSpec
  /** Recipes by their names. */
  recipes?: Record<string, SweepRecipe> | undefined
  /** What a training occupies. Default: by the size of its model. */
  needs?: { [Name in keyof Needs]?: Needs[Name] | undefined } | undefined
  /** Sampled completions of each prompt at temperature 1. Default 1. */
  trials: number
  /** Longest completion in tokens. Default 120. */
  maxTokens: number
  grids: Grid[]
}

/**
 * Checks a sweep that came from a file.
 *
 * @param source the file, for errors
 * @throws InputError `invalid-value`, naming the place
 */
export function parseSweepSpec(value: unknown, source: string): SweepSpec {
  return parseValue(specSchema, value, source)
}
