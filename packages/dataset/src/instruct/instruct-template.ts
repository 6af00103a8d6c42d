import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { DatasetError } from '../errors/dataset-error.ts'
import type { InstructionField, TemplateProblem } from './instruction-fields.ts'

/** How an instruction and its story are written, as data. */
export interface InstructTemplate {
  /** For each field that can be asked for how it is written; `{value}` stands for what is asked. */
  fields: Partial<Record<InstructionField, string>>
  /** Stands between two fields. */
  separator: string
  /** The whole: `{fields}`, then `{story}` at the end. */
  text: string
}

/** Name of the file in which a model's folder keeps the template of the instructions that it was trained on. */
export const instructTemplateFile = 'instruct.json'

/** Templates by name. */
export const instructTemplates: Readonly<Record<'tinystories' | 'request', InstructTemplate>> = {
  /** As TinyStories-Instruct has it: a field a line. */
  tinystories: {
    fields: {
      words: 'Words: {value}',
      features: 'Features: {value}',
      summary: 'Summary: {value}',
      sentence: 'Random sentence: {value}',
    },
    separator: '\n',
    text: '{fields}\nStory:\n{story}',
  },
  /** As one would ask somebody. */
  request: {
    fields: {
      words: 'Use the words {value}.',
      features: 'It should have: {value}.',
      summary: 'This should happen: {value}',
      sentence: 'Put this sentence into it: {value}',
    },
    separator: ' ',
    text: 'Write a story. {fields}\n\n{story}',
  },
}

const fieldSchema = v.optional(v.string())
/** Of a template's JSON. */
export const instructTemplateSchema: v.GenericSchema<unknown, InstructTemplate> = v.pipe(
  v.strictObject({
    fields: v.strictObject({
      words: fieldSchema,
      features: fieldSchema,
      summary: fieldSchema,
      sentence: fieldSchema,
    }),
    separator: v.optional(v.string(), '\n'),
    text: v.string(),
  }),
  v.transform(({ fields, ...rest }) => ({
    ...rest,
    fields: Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== undefined)),
  })),
)

/**
 * Reads a template.
 *
 * @param source its file, for errors
 * @throws InputError for JSON of another form; DatasetError `invalid-template` for one without a place for the story
 */
export function parseInstructTemplate(json: unknown, source: string): InstructTemplate {
  const template = parseValue(instructTemplateSchema, json, source)
  const problem = problemOf(template)
  if (problem) throw new DatasetError('invalid-template', { source, ...problem })
  return template
}

function problemOf({
  fields,
  text,
}: InstructTemplate): { problem: TemplateProblem; field?: InstructionField } | undefined {
  const parts = text.split('{story}')
  if (parts.length !== 2) return { problem: 'no-story' }
  if (parts[1] !== '') return { problem: 'text-after-story' }
  if (parts[0]!.split('{fields}').length !== 2) return { problem: 'no-fields' }
  const names = Object.keys(fields) as InstructionField[]
  if (names.length === 0) return { problem: 'no-field' }
  const field = names.find(name => fields[name]!.split('{value}').length !== 2)
  return field && { problem: 'no-value', field }
}
