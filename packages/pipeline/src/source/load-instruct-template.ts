import { join } from 'node:path'
import {
  type InstructTemplate,
  instructTemplates,
  parseInstructTemplate,
} from '@tinystories/dataset/instruct'
import { readTextFile, readTextFileIfPresent } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'

/** Where a model keeps the template of the instructions that it was trained on. */
export const templateFile = 'instruct.json'

/** The template that a model was trained with; undefined where it was trained without. @throws as {@link loadInstructTemplate} */
export async function templateOfModel(folder: string): Promise<InstructTemplate | undefined> {
  const source = join(folder, templateFile)
  const text = await readTextFileIfPresent(source)
  return text === undefined ? undefined : parseInstructTemplate(parseJson(text, { source }), source)
}

/**
 * The template of that name, or that in a file.
 *
 * @throws FileError, InputError; DatasetError `invalid-template`
 */
export async function loadInstructTemplate(nameOrPath: string): Promise<InstructTemplate> {
  const named = Object.entries(instructTemplates).find(([name]) => name === nameOrPath)
  if (named) return named[1]
  return parseInstructTemplate(parseJson(await readTextFile(nameOrPath), { source: nameOrPath }), nameOrPath)
}
