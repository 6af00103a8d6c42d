import { BatchError } from '../errors.ts'

/** A batch that was begun and whose results are not all in the cache yet. */
export interface OpenBatch {
  /** Written before the batch is created, so that one created just before a crash is found again. */
  nonce: string
  /** The server's name for it; undefined until the server has told it. */
  id?: string
}

/** What a restart needs. */
export interface BatchState {
  model: string
  open: OpenBatch[]
}

const kind = 'tinystories-llm-batch'
const version = 1

/** @throws BatchError when the file is something else, or belongs to another model */
export async function readBatchState(file: string, model: string): Promise<BatchState> {
  const { readFile } = await import('node:fs/promises')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { model, open: [] }
    throw new BatchError(
      `The state file ${file} cannot be read (${(error as Error).message}). Choose another.`,
    )
  }
  const state = parse(text)
  if (state?.kind !== kind || state.version !== version || !Array.isArray(state.open)) {
    throw new BatchError(
      `${file} is no state of a batch that this version wrote. Choose another file or delete it.`,
    )
  }
  if (state.model !== model) {
    throw new BatchError(
      `${file} holds batches of ${String(state.model)}, not of ${model}. Choose another file, or finish those first.`,
    )
  }
  return { model, open: state.open }
}

/** Writes the state whole or not at all. */
export async function writeBatchState(file: string, state: BatchState): Promise<void> {
  const { mkdir, open, rename, rm } = await import('node:fs/promises')
  const { dirname } = await import('node:path')
  const part = `${file}.${process.pid}.part`
  try {
    await mkdir(dirname(file), { recursive: true })
    const handle = await open(part, 'w')
    try {
      await handle.writeFile(`${JSON.stringify({ kind, version, ...state })}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    throw new BatchError(
      `The state file ${file} cannot be written (${(error as Error).message}). Choose another or free some space.`,
    )
  }
}

function parse(
  text: string,
): { kind?: unknown; version?: unknown; model?: unknown; open?: OpenBatch[] } | undefined {
  try {
    return JSON.parse(text) as ReturnType<typeof parse>
  } catch {
    return undefined
  }
}
