import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { toFileError } from '@tinystories/utils/disk'
import { locateModel, type ModelAccess } from '../model/locate-model.ts'

/** What is graded, what it is called, and where the results go. */
export interface CompletionsPlace {
  /** A file of completions; undefined: a model generates them. */
  file: string | undefined
  name: string
  folder: string
}

/**
 * @param source a run, a folder with a model, `hf://owner/name`, a checkpoint of llama2.c, a file of completions; default: the
 *   newest run
 */
export async function locateCompletions(
  source: string | undefined,
  access: ModelAccess,
  signal: AbortSignal | undefined,
): Promise<CompletionsPlace> {
  if (source !== undefined && !source.startsWith('hf://')) {
    const info = await stat(source).catch((error: unknown) => {
      throw toFileError(error, source, 'read')
    })
    if (info.isFile()) {
      const name = basename(source, extname(source))
      // A checkpoint of llama2.c is a file, too.
      return {
        file: source.endsWith('.bin') ? undefined : source,
        name,
        folder: join(dirname(source), `${name}-grades`),
      }
    }
  }
  const model = await locateModel(source, access, signal)
  const run = basename(model) === 'model' ? dirname(model) : model
  return { file: undefined, name: basename(run), folder: join(run, 'grades') }
}
