import { dirname, join } from 'node:path'
import { createFolder, writeFileAtomically } from '@tinystories/utils/disk'
import { type ExportSettings, exportFiles } from './export-files.ts'

/** Options of {@link exportModel}. */
export interface ExportModelOptions extends ExportSettings {
  /** Created where it is missing. */
  folder: string
}

/**
 * Writes a model with its tokenizer into a folder, for other programs. All is made before anything is written, and each file
 * appears whole or not at all.
 *
 * @throws PipelineError `no-model`, `length-too-long`; ModelFileError `wrong-tokenizer`, `not-exportable`, `too-large`; FileError
 */
export async function exportModel({ folder, ...settings }: ExportModelOptions): Promise<void> {
  const files = await exportFiles(settings)
  for (const [path, content] of Object.entries(files)) {
    settings.signal?.throwIfAborted()
    await createFolder(dirname(join(folder, path)))
    await writeFileAtomically(join(folder, path), content)
  }
}
