import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { parseYaml } from '../text/parse-yaml.ts'
import { instructionRubric } from './instruction-rubric.ts'
import type { Criterion, Rubric } from './rubric.ts'
import { storyRubric, storyRubricStructured } from './story-rubric.ts'

/** The rubrics that come with the package, by name. */
export const rubrics: Record<string, Rubric> = {
  story: storyRubric,
  'story-structured': storyRubricStructured,
  instruction: instructionRubric,
}

/**
 * Parses a rubric from YAML or JSON text.
 *
 * @param source names the file in errors
 * @throws GraderError `not-yaml`, InputError `invalid-value` with the path of the first wrong field
 */
export function parseRubric(text: string, source: string): Rubric {
  return parseValue(rubricSchema, parseYaml(text, source), source)
}

const text: v.GenericSchema<string> = v.pipe(
  v.string('a text'),
  v.check(value => value.trim() !== '', 'a text that is not empty'),
)
const common = {
  name: v.pipe(
    v.string('a text'),
    v.check(value => /^[a-z][\w-]*$/i.test(value), 'a word of letters, digits, - and _'),
    // Schemas of records leave these keys out, so that scores would be lost.
    v.check(value => value !== 'constructor' && value !== 'prototype', 'another name'),
  ),
  label: text,
  asks: text,
  aliases: v.optional(v.array(text)),
}
const finite = v.pipe(v.number('a number'), v.finite('a finite number'))
const wholeAge = v.pipe(v.number(), v.integer('a whole number'))
const scoreCriterion = v.pipe(
  v.strictObject({
    // Rubrics of earlier releases say "mark".
    kind: v.pipe(
      v.picklist(['score', 'mark'], '"score" or "choice"'),
      v.transform((): 'score' => 'score'),
    ),
    ...common,
    min: finite,
    max: finite,
    otherScales: v.optional(v.array(v.pipe(finite, v.minValue(1, 'a number of at least 1')))),
  }),
  v.forward(
    v.check(({ min, max }) => max > min, 'a number above min'),
    ['max'],
  ),
  v.forward(
    // A report counts the gradings at each number of the scale.
    v.check(({ min, max }) => max - min <= 1000, 'a number at most 1,000 above min'),
    ['max'],
  ),
)
const choiceCriterion = v.strictObject({
  kind: v.literal('choice', '"score" or "choice"'),
  ...common,
  options: v.pipe(
    v.array(
      v.strictObject({
        value: text,
        label: text,
        ages: v.optional(
          v.pipe(
            v.tuple([wholeAge, wholeAge]),
            v.check(([low, high]) => low <= high, 'two whole numbers, the lower first'),
          ),
        ),
      }),
    ),
    v.minLength(2, 'at least two options'),
  ),
})

/** The schema of the criteria of a rubric. */
export const criteriaSchema: v.GenericSchema<unknown, Criterion[]> = v.pipe(
  v.array(v.variant('kind', [scoreCriterion, choiceCriterion])),
  v.minLength(1, 'at least one criterion'),
  v.check(criteria => {
    const names = criteria.flatMap(({ name, label, aliases = [] }) => [
      ...new Set([name, label, ...aliases].map(each => each.toLowerCase())),
    ])
    return new Set(names).size === names.length
  }, 'names, labels and aliases that no two criteria share'),
)

/** The schema of a rubric in a file. */
export const rubricSchema: v.GenericSchema<unknown, Rubric> = v.strictObject({
  name: text,
  title: text,
  role: text,
  exercise: v.picklist(['continuation', 'instruction']),
  assessment: text,
  criteria: criteriaSchema,
  turns: v.optional(v.picklist(['two-turn', 'structured']), 'two-turn'),
  topLogprobs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, 'a whole number of at least 1'))),
})
