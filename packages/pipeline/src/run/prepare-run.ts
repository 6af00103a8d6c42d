import { readdir, rmdir, stat } from 'node:fs/promises'
import {
  createFolder,
  isSystemError,
  listFolder,
  removeEmptyFolders,
  removePath,
  toFileError,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import type { Plan } from './plan.ts'
import { type RunFolder, runFolder } from './run-folder.ts'
import type { RunSettings } from './run-settings.ts'

/** A run whose folder is there. */
export interface PreparedRun extends Plan {
  run: RunFolder
  /** Takes the run away again unless it has made a step; what else is in its folder stays. */
  removeEmptyRun(): Promise<void>
}

/**
 * Creates the folder of a planned run, with its settings and its tokenizer. The folder of a run to continue is left as
 * it is.
 *
 * @param folder of a new run
 * @throws PipelineError `run-exists`; FileError when the folder cannot be created
 */
export async function prepareRun(plan: Plan, folder: string): Promise<PreparedRun> {
  if (plan.resume) return { ...plan, run: plan.resume.run, removeEmptyRun: async () => {} }
  const run = runFolder(folder)
  await refuseUsedFolder(run)
  const topmost = await createFolder(run.model)
  const removeEmptyRun = (): Promise<void> => removeEmpty(run, topmost).catch(() => {})
  try {
    await plan.source.tokenizer.save(run.tokenizer)
    await writeSettings(run, plan.settings)
  } catch (error) {
    await removeEmptyRun()
    throw error
  }
  return { ...plan, run, removeEmptyRun }
}

/**
 * Refuses a folder that has a run. {@link prepareRun} does so too; a caller can ask before it plans at length.
 *
 * @throws PipelineError `run-exists`; FileError when it is not a folder or cannot be read
 */
export async function refuseUsedFolder({ folder }: Pick<RunFolder, 'folder'>): Promise<void> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (isSystemError(error) && error.code === 'ENOENT') return []
    throw toFileError(error, folder, 'list')
  })
  if (names.includes('config.json')) throw new PipelineError('run-exists', { folder })
}

/** Writes the settings of a run into its folder. */
export function writeSettings(run: RunFolder, settings: RunSettings): Promise<void> {
  return writeFileAtomically(run.config, `${JSON.stringify(settings, null, 2)}\n`)
}

/** Only empty folders are removed, up to the topmost that was created for the run. */
async function removeEmpty(run: RunFolder, topmost: string | undefined): Promise<void> {
  // What cannot be read is not taken for empty.
  const checkpoints = await listFolder(run.checkpoints)
  const { size } = await stat(run.metrics).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return { size: 0 }
    throw toFileError(error, run.metrics, 'read')
  })
  if (size > 0 || checkpoints.some(name => name.startsWith('step-'))) return
  await Promise.all([run.config, run.tokenizer, run.metrics].map(path => removePath(path)))
  for (const folder of [run.model, run.checkpoints]) await rmdir(folder).catch(() => {})
  await removeEmptyFolders(run.folder, topmost)
}
