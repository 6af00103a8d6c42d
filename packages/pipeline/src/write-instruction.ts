import {
  type Instruction,
  type InstructTemplate,
  renderInstruction,
  wholeInstruction,
} from '@tinystories/dataset/instruct'
import { PipelineError } from './errors.ts'
import { chosenTemplate } from './source/load-instruct-template.ts'

/**
 * The template that a model is asked with: the one named, else the model's own.
 *
 * @throws PipelineError `no-instruct-template`; those of {@link loadInstructTemplate}
 */
export async function templateFor(folder: string, named: string | undefined): Promise<InstructTemplate> {
  const template = await chosenTemplate(folder, named)
  if (template === undefined) throw new PipelineError('no-instruct-template', { folder })
  return template
}

/** The text before a story that is asked for all of this; for nothing what the template has for that. @throws PipelineError `not-in-template` */
export function writeInstruction(ask: Instruction, template: InstructTemplate): string {
  const whole = wholeInstruction(ask)
  const field = whole.order.find(name => template.fields[name] === undefined)
  if (field) throw new PipelineError('not-in-template', { field })
  return renderInstruction(template, whole)
}
