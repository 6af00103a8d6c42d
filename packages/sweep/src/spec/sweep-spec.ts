import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'

const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))
const axis = <const Schema extends v.GenericSchema>(item: Schema) => v.pipe(v.array(item), v.minLength(1))

const gridSchema = v.strictObject({
  hidden: axis(whole(1)),
  layers: axis(whole(1)),
  heads: v.optional(axis(whole(1))),
  seed: v.optional(axis(whole(0))),
  tokens: v.optional(axis(whole(1))),
  learningRate: v.optional(axis(v.pipe(v.number(), v.gtValue(0)))),
})

const specSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  data: v.optional(v.string(), 'sample'),
  heldOut: v.optional(v.string()),
  context: v.optional(whole(2), 256),
  vocabSize: v.optional(whole(64)),
  batchSize: v.optional(whole(1), 8),
  tokens: whole(1),
  prompts: v.optional(axis(v.string())),
  trials: v.optional(whole(1), 1),
  maxTokens: v.optional(whole(1), 120),
  grids: axis(gridSchema),
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
  /** Beginnings of stories that every model continues. Default: those of the grader. */
  prompts?: string[] | undefined
  /** Completions of each prompt. Default 1. */
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
