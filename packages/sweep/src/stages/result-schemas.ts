import { measuresSchema } from '@tinystories/grader/measures'
import * as v from 'valibot'

/** JSON has no NaN: a share without items, or a loss that diverged, is null. */
const figure = v.nullable(v.number())
const figures = <const Names extends readonly string[]>(...names: Names) =>
  v.object(Object.fromEntries(names.map(name => [name, figure])))
const kinds = ['grammar', 'facts', 'reasoning', 'context'] as const

/**
 * What the stages leave, by their names, as far as others read it and in its order: the files of a sweep may come from
 * another machine, and end in its report.
 */
export const resultSchemas: Readonly<Record<string, v.GenericSchema>> = {
  prepare: figures('vocabSize', 'stories', 'tokens'),
  train: figures(
    ...['parameters', 'coreParameters', 'tokens', 'steps', 'flops', 'bitsPerByte', 'loss', 'accuracy'],
  ),
  probe: v.object({
    probes: v.array(
      v.object({
        kind: v.picklist(kinds),
        phenomenon: v.string(),
        ...figures('items', 'passed', 'skipped', 'accuracy').entries,
        interval: v.tuple([figure, figure]),
        chance: figure,
      }),
    ),
  }),
  emergence: v.object({
    points: v.array(
      v.object({
        ...figures('step', 'tokens', 'bitsPerByte').entries,
        probes: v.object(Object.fromEntries(kinds.map(kind => [kind, figures('passed', 'items')]))),
      }),
    ),
  }),
  generate: v.object({
    completions: v.array(
      v.object({
        promptId: v.string(),
        mode: v.picklist(['greedy', 'beams', 'sampled']),
        trial: v.number(),
        text: v.string(),
      }),
    ),
    answers: v.array(
      v.object({
        promptId: v.string(),
        text: v.string(),
        answer: v.picklist(['right', 'wrong', 'unknown']),
      }),
    ),
    continuations: v.array(v.nullable(v.string())),
  }),
  measure: v.object({ completions: measuresSchema, continuations: v.optional(measuresSchema) }),
  grade: v.object({
    judge: v.string(),
    rubricVersion: v.string(),
    criteria: v.array(v.object({ name: v.string(), label: v.string(), min: v.number(), max: v.number() })),
    gradings: v.array(
      v.object({ promptId: v.string(), trial: v.number(), scores: v.record(v.string(), v.number()) }),
    ),
    ungraded: v.number(),
  }),
  instruct: v.object({
    ...figures('asked', 'used', 'usedByChance').entries,
    stories: v.array(v.object({ words: v.array(v.string()), text: v.string() })),
  }),
}
