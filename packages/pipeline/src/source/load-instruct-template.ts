import { join } from 'node:path'
import {
  type InstructTemplate,
  instructTemplateFile,
  instructTemplates,
  parseInstructTemplate,
} from '@tinystories/dataset/instruct'
import { readTextFile, readTextFileIfPresent } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'

/** The template that a model was trained with; undefined where it was trained without. @throws as {@link loadInstructTemplate} */
export async function templateOfModel(folder: string): Promise<InstructTemplate | undefined> {
  // A checkpoint of llama2.c is a file, and was trained on stories alone.
  if (folder.endsWith('.bin')) return undefined
  const source = join(folder, instructTemplateFile)
  const text = await readTextFileIfPresent(source)
  return text === undefined ? undefined : parseInstructTemplate(parseJson(text, { source }), source)
}

/**
 * The template that a model is asked with: the one named, the model's own where none is, and none at all for null.
 *
 * @throws as {@link loadInstructTemplate}
 */
export async function chosenTemplate(
  folder: string,
  named: string | null | undefined,
): Promise<InstructTemplate | undefined> {
  if (named === null) return undefined
  return named === undefined ? templateOfModel(folder) : loadInstructTemplate(named)
}

/**
 * The template of that name, or that in a file.
 *
 * @throws FileError, InputError; DatasetError `invalid-template`
 */
export async function loadInstructTemplate(nameOrPath: string): Promise<InstructTemplate> {
  const named = Object.entries(instructTemplates).find(([name]) => name === nameOrPath)
  if (named) return named[1]
  return parseInstructTemplate(
    parseJson(await readTextFile(nameOrPath, { pipes: true }), { source: nameOrPath }),
    nameOrPath,
  )
}
