import { FileError, readTextFile } from '@tinystories/utils/disk'
import { parseJson, parseValue } from '@tinystories/utils/schema'
import { PipelineError } from '../errors.ts'
import type { RunFolder } from './run-folder.ts'
import { type RunSettings, runSettingsSchema } from './run-settings.ts'

/** @throws PipelineError `model-without-run`; `no-run` when the folder has no `config.json`; InputError when that cannot be used */
export async function readSettings(run: RunFolder): Promise<RunSettings> {
  const text = await readTextFile(run.config, { maxBytes: 2 ** 22 }).catch((error: unknown) => {
    if (!FileError.isInstance(error) || error.code !== 'not-found') throw error
    throw new PipelineError('no-run', { folder: run.folder }, { cause: error })
  })
  const json = parseJson(text, { source: run.config })
  if (isModelConfig(json)) throw new PipelineError('model-without-run', { folder: run.folder })
  return parseValue(runSettingsSchema, json, run.config)
}

/** A `config.json` of transformers names the kind of its model. */
function isModelConfig(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'model_type' in json
}
