import * as v from 'valibot'
import { type InstructTemplate, instructTemplateSchema } from './instruct-template.ts'

/** How stories get their instructions: all that decides which. */
export interface InstructSettings {
  template: InstructTemplate
  /** Never words and a summary together. */
  ood: boolean
  seed: number
  /** Whether words of plain stories are drawn with weights inverse to how many stories have them. */
  rareWords: boolean
}

/** Of settings that were saved. */
export const instructSettingsSchema: v.GenericSchema<unknown, InstructSettings> = v.object({
  template: instructTemplateSchema,
  ood: v.boolean(),
  seed: v.pipe(v.number(), v.safeInteger()),
  // Saved before there was a choice, when all words of a story were equally likely.
  rareWords: v.optional(v.boolean(), false),
})
