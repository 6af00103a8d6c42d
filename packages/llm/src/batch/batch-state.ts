import { dirname } from 'node:path'
import { createFolder, FileError, readTextFileIfPresent, writeFileAtomically } from '@tinystories/utils/disk'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { LlmError } from '../errors.ts'

const kind = 'tinystories-llm-batch'
const version = 2

/** A batch that was begun and whose results are not all in the cache yet. */
export interface OpenBatch {
  /** Written before the batch is created, so that one created just before a crash is found again. */
  nonce: string
  /** Tokens of its requests, estimated. */
  tokens: number
  /** When it was begun, in milliseconds since 1970. */
  begun: number
  /** The server's name for it; undefined until the server has returned it. */
  id?: string | undefined
}

/** What a restart needs. */
export interface BatchState {
  server: string
  model: string
  open: OpenBatch[]
}

const openSchema = v.object({
  nonce: v.string(),
  tokens: v.number(),
  begun: v.number(),
  id: v.optional(v.string()),
})
const stateSchema = v.object({
  kind: v.literal(kind),
  version: v.literal(version),
  server: v.string(),
  model: v.string(),
  open: v.array(openSchema),
})

/** @throws LlmError `state-unusable`, `foreign-state`; `other-state` when the file belongs to another model or server */
export async function readBatchState(file: string, server: string, model: string): Promise<BatchState> {
  const text = await readTextFileIfPresent(file).catch(error => {
    throw unusable(file, error)
  })
  if (text === undefined) return { server, model, open: [] }
  let state: BatchState
  try {
    state = parseValue(stateSchema, parseJson(text, { source: file }), file)
  } catch (error) {
    if (!InputError.isInstance(error)) throw error
    throw new LlmError('foreign-state', { file }, { cause: error })
  }
  // Without open batches it holds nothing of anybody's.
  if (state.open.length === 0) return { server, model, open: [] }
  if (state.model !== model || state.server !== server)
    throw new LlmError('other-state', { file, model: state.model, server: state.server })
  return state
}

/** Writes the state whole or not at all, for its owner alone. */
export async function writeBatchState(file: string, state: BatchState): Promise<void> {
  try {
    await createFolder(dirname(file))
    await writeFileAtomically(file, `${JSON.stringify({ kind, version, ...state })}\n`, { mode: 0o600 })
  } catch (error) {
    throw unusable(file, error)
  }
}

function unusable(file: string, error: unknown): unknown {
  if (!FileError.isInstance(error)) return error
  return new LlmError('state-unusable', { file, reason: error.problem.replace(/\.$/, '') }, { cause: error })
}
