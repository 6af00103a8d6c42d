import { join } from 'node:path'
import {
  acquireLock,
  createFolder,
  type Lock,
  LockError,
  readTextFileIfPresent,
  removePath,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { messageOf } from '@tinystories/utils/errors'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { hash, type Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'

/** Where a task stands. `waiting`: for tasks before it; `blocked`: one of those failed. */
export type TaskState = 'done' | 'failed' | 'waiting' | 'blocked' | 'ready'

const resultSchema = v.object({
  id: v.string(),
  result: v.unknown(),
  check: v.string(),
  /** Whether the result came from elsewhere, without the stage's files. */
  isTaken: v.optional(v.boolean(), false),
})
/** Of `failure.json`. */
export const failureSchema: v.GenericSchema<unknown, { id: string; message: string }> = v.object({
  id: v.string(),
  message: v.string(),
})
const progressSchema: v.GenericSchema<unknown, TaskProgress> = v.object({
  done: v.number(),
  note: v.nullable(v.string()),
  secondsLeft: v.nullable(v.number()),
  worker: v.string(),
})
/** How far a running task is, from 0 to 1; `secondsLeft` by its pace, null while there is none. */
export interface TaskProgress {
  done: number
  note: string | null
  secondsLeft: number | null
  worker: string
}

/**
 * Results of tasks in the folder of a sweep: `tasks/STAGE-ID/result.json`, which is there when the task is done and
 * never before. Several processes and machines may share the folder.
 */
export class TaskStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The folder of a task. */
  folderOf({ stage, id }: Task): string {
    return join(this.#folder, 'tasks', `${stage.name}-${id}`)
  }

  /**
   * The result of a task, or undefined while it is not done. A damaged result, or one of another form than its stage
   * leaves, counts as not done.
   *
   * @throws FileError when the folder cannot be read
   */
  async result(task: Task): Promise<Json | undefined> {
    return (await this.#saved(task))?.result
  }

  /** Whether the result of a task came by {@link take}, without the files of its stage. */
  async isTaken(task: Task): Promise<boolean> {
    return (await this.#saved(task))?.isTaken ?? false
  }

  async #saved(task: Task): Promise<CheckedResult | undefined> {
    const { resultSchema } = task.stage
    const saved = await readWhole(this.#resultPath(task), (text, path) =>
      checkResult(text, path, resultSchema),
    )
    return saved?.id === task.id ? saved : undefined
  }

  /** Why the last attempt failed, or undefined. */
  async failure(task: Task): Promise<string | undefined> {
    const path = join(this.folderOf(task), 'failure.json')
    const saved = await readWhole(path, text =>
      parseValue(failureSchema, parseJson(text, { source: path }), path),
    )
    return saved?.id === task.id ? saved.message : undefined
  }

  /**
   * The lock of a task, or undefined while another process works on it. Creates its folder.
   *
   * @param abandoned takes the lock of another machine, of which a queue knows that its process is gone
   */
  async claim(task: Task, { abandoned = false }: { abandoned?: boolean } = {}): Promise<Lock | undefined> {
    const folder = this.folderOf(task)
    await createFolder(folder)
    const path = join(folder, 'task.lock')
    try {
      return await acquireLock(path)
    } catch (error) {
      if (!LockError.isInstance(error)) throw error
      if (!abandoned || error.code !== 'held-elsewhere') return undefined
      await removePath(path)
      return this.claim(task)
    }
  }

  /** How far a task is that runs somewhere, or undefined. */
  progress(task: Task): Promise<TaskProgress | undefined> {
    const path = join(this.folderOf(task), 'progress.json')
    return readWhole(path, text => parseValue(progressSchema, parseJson(text, { source: path }), path))
  }

  /** Keeps how far a task is. */
  note(task: Task, progress: TaskProgress): Promise<void> {
    return writeFileAtomically(join(this.folderOf(task), 'progress.json'), JSON.stringify(progress))
  }

  /** Takes the note away when a task ends. */
  forgetNote(task: Task): Promise<void> {
    return removePath(join(this.folderOf(task), 'progress.json'))
  }

  /**
   * Marks a task as done.
   *
   * @throws InputError for a result of another form than its stage leaves
   */
  finish(task: Task, result: Json): Promise<void> {
    return this.#save(task, { id: task.id, result, check: hash(result) })
  }

  /**
   * Marks a task as done by a result that another folder's sweep found, without the files of its stage.
   *
   * @throws InputError for a result of another form than its stage leaves
   */
  async take(task: Task, result: Json): Promise<void> {
    await createFolder(this.folderOf(task))
    await this.#save(task, { id: task.id, result, check: hash(result), isTaken: true })
  }

  /** Lets a task be done again. */
  async forgetResult(task: Task): Promise<void> {
    await removePath(this.#resultPath(task))
  }

  async #save(task: Task, saved: Partial<CheckedResult> & { check: string }): Promise<void> {
    const [path, text] = [this.#resultPath(task), `${JSON.stringify(saved, null, 2)}\n`]
    // What would not be read again would be done again without end.
    checkResult(text, path, task.stage.resultSchema)
    await writeFileAtomically(path, text)
    await this.forgetFailure(task)
  }

  /** Keeps why a task failed. */
  async fail(task: Task, error: unknown): Promise<void> {
    const message = messageOf(error)
    const path = join(this.folderOf(task), 'failure.json')
    await writeFileAtomically(path, `${JSON.stringify({ id: task.id, message }, null, 2)}\n`)
  }

  /** Lets a failed task be tried again. */
  async forgetFailure(task: Task): Promise<void> {
    await removePath(join(this.folderOf(task), 'failure.json'))
  }

  #resultPath(task: Task): string {
    return join(this.folderOf(task), 'result.json')
  }
}

/** What {@link checkResult} reads. */
export interface CheckedResult {
  id: string
  result: Json
  isTaken: boolean
}

/**
 * The content of a `result.json`.
 *
 * @param schema of the result itself
 * @throws InputError when it is damaged, or of another form
 */
export function checkResult(text: string, path: string, schema?: v.GenericSchema): CheckedResult {
  const { id, result, check, isTaken } = parseValue(resultSchema, parseJson(text, { source: path }), path)
  const expected = hash(result as Json)
  if (check !== expected)
    throw new InputError('invalid-value', { source: path, path: 'check', expected, received: check })
  if (schema) parseValue(schema, result, `${path}: result`)
  return { id, result: result as Json, isTaken }
}

/** What a file holds, or undefined when it is absent or damaged. */
async function readWhole<T>(path: string, read: (text: string, path: string) => T): Promise<T | undefined> {
  const text = await readTextFileIfPresent(path)
  if (text === undefined) return undefined
  try {
    return read(text, path)
  } catch (error) {
    if (InputError.isInstance(error)) return undefined
    throw error
  }
}
