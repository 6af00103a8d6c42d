import * as v from 'valibot'
import type { Completion, Instruction } from './completion.ts'

const texts: v.OptionalSchema<v.ArraySchema<v.StringSchema<undefined>, undefined>, undefined> = v.optional(
  v.array(v.string()),
)

/** Fields of an exercise that asks for something. */
export const instructionFields: {
  words: typeof texts
  sentence: v.OptionalSchema<v.StringSchema<undefined>, undefined>
  features: typeof texts
  summary: v.OptionalSchema<v.StringSchema<undefined>, undefined>
} = {
  words: texts,
  sentence: v.optional(v.string()),
  features: texts,
  summary: v.optional(v.string()),
}

/** An id that a file may give as a number. */
export const idSchema: v.GenericSchema<string | number, string> = v.pipe(
  v.union([v.string(), v.number()], 'a text or number'),
  v.transform(String),
)

/** A trial from 0. */
export const trialSchema: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.integer('a whole number'),
  v.minValue(0, 'a whole number from 0'),
)

/** A completion in a file of gradings. */
export const completionSchema: v.GenericSchema<unknown, Completion> = v.object({
  promptId: v.string(),
  trial: trialSchema,
  prompt: v.string(),
  text: v.string(),
  instruction: v.optional(v.object(instructionFields)),
  reference: v.optional(v.string()),
})

/** What the fields `words`, `sentence`, `features`, `summary` ask for; undefined when there are none. */
export function instructionOf({ words, sentence, features, summary }: Instruction): Instruction | undefined {
  const found = { words, sentence, features, summary }
  const given = Object.entries(found).filter(([, value]) => value !== undefined)
  return given.length > 0 ? Object.fromEntries(given) : undefined
}
