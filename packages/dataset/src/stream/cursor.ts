/// <reference lib="esnext.disposable" preserve="true" />
import * as v from 'valibot'
import { DatasetError } from '../errors/dataset-error.ts'
import type { Json } from './json.ts'
import type { RunContext, Stage } from './stage.ts'

/** A position in a stream: small JSON that holds no story text. Made by {@link Cursor.state}. */
export interface StreamState {
  readonly version: 1
  /** The source and transforms of the stream that made it. */
  readonly recipe: readonly string[]
  /** Position of the last stage. */
  readonly position: Json
  /** Items to drop from there. */
  readonly drop: number
}

/** How far an iteration has come. */
export interface StreamProgress {
  /** Items given since this iteration began. */
  items: number
  /** Bytes of the source taken, what is buffered included; of a compressed file the compressed ones. */
  bytesRead: number
  /** Bytes of the whole source; undefined where that is not known (yet: it is looked up with the first item). */
  bytesTotal: number | undefined
}

/** Options of `iterate`. */
export interface IterateOptions {
  /** Where an earlier iteration of the same recipe stood. Default: the beginning. */
  from?: StreamState
  /** Stops the iteration: `next` fails with the signal's reason, and everything opened is closed. */
  signal?: AbortSignal
}

/** One iteration of a stream. */
export interface Cursor<T> extends AsyncIterableIterator<T, undefined, undefined> {
  next(): Promise<IteratorResult<T, undefined>>
  return(): Promise<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): Cursor<T>
  [Symbol.asyncDispose](): Promise<void>
  /**
   * The position after the item returned last, at any time: also while `next` is pending, and after it failed or was
   * aborted. A resumed stream gives exactly the items that would have come.
   */
  state(): StreamState
  progress(): StreamProgress
}

/** Items between two snapshots of the state, which serve when a `next` is pending or failed. */
const snapshotEvery = 32

/** Starts an iteration. Nothing is opened before the first item is asked for. */
export function openCursor<T>(stage: Stage<T>, { from, signal }: IterateOptions): Cursor<T> {
  if (from !== undefined) checkState(from, stage.recipe)
  const controller = new AbortController()
  const context: RunContext = { epoch: 0, signal: controller.signal }
  const cursor = stage.open(context, from?.position)
  let toDrop = from?.drop ?? 0
  let items = 0
  let bytesTotal: number | undefined
  /** A position, and how many items were given since. */
  let snapshot = { position: from === undefined ? cursor.state() : from.position, behind: toDrop }
  /** The stage is exactly after the item returned last. */
  let exact = toDrop === 0
  let opened = false
  let ended = false
  let pending: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  const closeStage = (): Promise<void> => {
    signal?.removeEventListener('abort', abort)
    closing ??= cursor.close()
    return closing
  }
  const stop = async (reason: unknown): Promise<void> => {
    // What is pending is aborted before it is waited for.
    controller.abort(reason)
    await pending.catch(() => {})
    await closeStage()
  }
  const abort = (): void => {
    // Nobody waits for this, and a failure to close has nothing left to harm.
    stop(signal?.reason).catch(() => {})
  }

  const advance = async (): Promise<T | undefined> => {
    if (!opened) {
      opened = true
      bytesTotal = await stage.bytesTotal(context)
    }
    for (; toDrop > 0; toDrop--) await cursor.next()
    const item = await cursor.next()
    controller.signal.throwIfAborted()
    if (item === undefined) {
      ended = true
      snapshot = { position: cursor.state(), behind: 0 }
      return undefined
    }
    snapshot.behind++
    items++
    exact = true
    return item.value
  }

  const step = async (): Promise<IteratorResult<T, undefined>> => {
    if (!ended) signal?.throwIfAborted()
    if (ended || controller.signal.aborted) return { done: true, value: undefined }
    if (exact && snapshot.behind >= snapshotEvery) snapshot = { position: cursor.state(), behind: 0 }
    exact = false
    try {
      const value = await advance()
      if (!ended) return { done: false, value: value as T }
    } catch (error) {
      const returned = controller.signal.aborted && !signal?.aborted
      controller.abort(error)
      // The first failure is the one to report.
      await closeStage().catch(() => {})
      if (!returned) throw error
    }
    await closeStage()
    return { done: true, value: undefined }
  }

  if (signal?.aborted) controller.abort(signal.reason)
  else signal?.addEventListener('abort', abort, { once: true })

  const finish = async (): Promise<IteratorResult<T, undefined>> => {
    await stop(new DOMException('The iteration was closed', 'AbortError'))
    return { done: true, value: undefined }
  }
  return {
    next() {
      // One after the other, also for a caller that does not wait.
      const result = pending.then(step, step)
      pending = result
      return result
    },
    return: finish,
    async [Symbol.asyncDispose]() {
      await finish()
    },
    [Symbol.asyncIterator]() {
      return this
    },
    state: () => ({
      version: 1,
      recipe: stage.recipe,
      ...(exact
        ? { position: cursor.state(), drop: 0 }
        : { position: snapshot.position, drop: snapshot.behind }),
    }),
    progress: () => ({ items, bytesRead: cursor.bytesRead(), bytesTotal }),
  }
}

const stateSchema = v.object({
  version: v.literal(1),
  recipe: v.array(v.string()),
  position: v.unknown(),
  drop: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})

function checkState(state: StreamState, recipe: readonly string[]): void {
  const parsed = v.safeParse(stateSchema, state)
  if (!parsed.success) throw new DatasetError('invalid-state', { problem: parsed.issues[0].message })
  const steps = Math.max(recipe.length, state.recipe.length)
  for (let i = 0; i < steps; i++) {
    const saved = state.recipe[i]
    const current = recipe[i]
    if (saved === current) continue
    // A shard as the last transform takes the state of another rank or world.
    const last = i === steps - 1 && recipe.length === state.recipe.length
    if (last && isShard(saved) && isShard(current) && state.drop === 0) continue
    throw new DatasetError('stream-mismatch', { step: i + 1, saved, current })
  }
}

const isShard = (step: string | undefined): boolean => step?.startsWith('shard(') === true
