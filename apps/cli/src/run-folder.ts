import { access, constants, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunSettings } from './train/settings.ts'
import { fileError, UserError } from './user-error.ts'

/** Where the things of a run lie. */
export interface RunFolder {
  folder: string
  /** Settings of the run, see RunSettings. */
  config: string
  tokenizer: string
  metrics: string
  /** The same for spreadsheets, written at the end of each sitting. */
  metricsTable: string
  /** Event files of TensorBoard, when they are asked for. */
  tensorboard: string
  lossCurve: string
  story: string
  checkpoints: string
  /** The best model so far, as transformers lays one out, with its tokenizer. */
  model: string
}

export function runFolder(folder: string): RunFolder {
  return {
    folder,
    config: join(folder, 'config.json'),
    tokenizer: join(folder, 'tokenizer.json'),
    metrics: join(folder, 'metrics.jsonl'),
    metricsTable: join(folder, 'metrics.csv'),
    tensorboard: join(folder, 'tensorboard'),
    lossCurve: join(folder, 'loss.svg'),
    story: join(folder, 'story.txt'),
    checkpoints: join(folder, 'checkpoints'),
    model: join(folder, 'model'),
  }
}

/** `runs/2026-11-22T20-35-42`: a new folder's name, from the time. */
export function newRunName(now: Date = new Date()): string {
  return now.toISOString().slice(0, 19).replaceAll(':', '-')
}

/** @throws UserError when the folder holds a run already, or is a file. Makes nothing. */
export async function refuseUsedFolder(run: RunFolder): Promise<void> {
  const names = await readdir(run.folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error.code === 'ENOTDIR'
      ? new UserError(`--out: ${run.folder} is a file, a folder is wanted. Choose another name.`)
      : fileError('--out', run.folder, error)
  })
  if (names.includes('config.json')) {
    throw new UserError(
      `--out: ${run.folder} holds a run already. Resume it with --resume ${run.folder}, or choose another folder.`,
    )
  }
}

/** @throws UserError when the folder holds a run already, or cannot be made. */
export async function makeRunFolder(run: RunFolder): Promise<void> {
  await refuseUsedFolder(run)
  await mkdir(run.model, { recursive: true }).catch(async error => {
    throw fileError('The run folder', run.folder, await whyNoFolder(run.folder, error))
  })
}

/** On a read-only file system a recursive mkdir says that there is no such folder: what stands in its way is told here. */
async function whyNoFolder(folder: string, error: NodeJS.ErrnoException): Promise<unknown> {
  if (error.code !== 'ENOENT') return error
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    if (await exists(parent))
      return access(parent, constants.W_OK).then(
        () => error,
        reason => reason,
      )
    if (parent === dirname(parent)) return error
  }
}

/** Takes a run that could not begin away again; what else lies in its folder stays. */
export async function removeUnbegun(run: RunFolder): Promise<void> {
  await Promise.all([run.config, run.tokenizer].map(path => rm(path, { force: true })))
  // Only empty folders go.
  for (const folder of [run.model, run.checkpoints, run.folder]) await rmdir(folder).catch(() => {})
}

/** @throws UserError when there is no run in the folder, or its settings cannot be read. */
export async function readSettings(run: RunFolder): Promise<RunSettings> {
  let text: string
  try {
    text = await readFile(run.config, 'utf8')
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new UserError(
          `--resume: ${run.folder} holds no run (it has no config.json). Give the folder of a run.`,
        )
      : fileError('--resume', run.config, error)
  }
  try {
    const settings = JSON.parse(text) as RunSettings
    if (settings.version !== 1)
      throw new Error(`version ${String(settings.version)} is not known to this release`)
    return settings
  } catch (error) {
    throw new UserError(`--resume: ${run.config} cannot be used: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

/** Writes a file so that it appears whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileError('Writing', path, error)
  }
}

/**
 * The folder of a model: `path` itself, its `model/` when it is a run, or without a path that of the newest run
 * in `runs/`.
 *
 * @throws UserError when there is no model.
 */
export async function findModelFolder(path: string | undefined, base: string): Promise<string> {
  if (path === undefined) {
    const runs = join(base, 'runs')
    const newest = await newestRunWithModel(runs)
    if (newest === undefined) {
      throw new UserError(
        `There is no trained model in ${runs}. Train one first, or give its folder with --model.`,
      )
    }
    return newest
  }
  for (const folder of [join(path, 'model'), path]) {
    if (await exists(join(folder, 'config.json'))) {
      if (await exists(join(folder, 'model.safetensors'))) return folder
    }
  }
  const reason = (await exists(path))
    ? 'holds no model (config.json and model.safetensors)'
    : 'does not exist'
  throw new UserError(`--model: ${path} ${reason}. Give the folder of a run or of a model.`)
}

async function newestRunWithModel(runs: string): Promise<string | undefined> {
  const names = await readdir(runs).catch(() => [])
  let newest: { folder: string; time: number } | undefined
  for (const name of names) {
    const folder = join(runs, name, 'model')
    const info = await stat(join(folder, 'model.safetensors')).catch(() => undefined)
    if (info && (!newest || info.mtimeMs > newest.time)) newest = { folder, time: info.mtimeMs }
  }
  return newest?.folder
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Makes the folder that a file will lie in. */
export async function makeParent(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch(error => {
    throw fileError('The folder', dirname(path), error)
  })
}
