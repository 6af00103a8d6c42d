import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  acquireLock,
  createFolder,
  type Lock,
  LockError,
  readTextFileIfPresent,
  writeFileAtomically,
} from '@tinystories/utils/disk'
import { messageOf } from '@tinystories/utils/errors'
import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { hash, type Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'

/** Where a task stands. `waiting`: for tasks before it; `blocked`: one of those failed. */
export type TaskState = 'done' | 'failed' | 'waiting' | 'blocked' | 'ready'

const resultSchema = v.object({ id: v.string(), result: v.unknown(), check: v.string() })
/** Of `failure.json`. */
export const failureSchema: v.GenericSchema<unknown, { id: string; message: string }> = v.object({
  id: v.string(),
  message: v.string(),
})

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
   * The result of a task, or undefined while it is not done. A damaged result counts as not done.
   *
   * @throws FileError when the folder cannot be read
   */
  async result(task: Task): Promise<Json | undefined> {
    const path = this.#resultPath(task)
    const text = await readTextFileIfPresent(path)
    if (text === undefined) return undefined
    try {
      const { id, result } = checkResult(text, path)
      return id === task.id ? result : undefined
    } catch (error) {
      if (InputError.isInstance(error)) return undefined
      throw error
    }
  }

  /** Why the last attempt failed, or undefined. */
  async failure(task: Task): Promise<string | undefined> {
    const path = join(this.folderOf(task), 'failure.json')
    const text = await readTextFileIfPresent(path)
    if (text === undefined) return undefined
    try {
      const { id, message } = parseValue(failureSchema, parseJson(text, { source: path }), path)
      return id === task.id ? message : undefined
    } catch (error) {
      if (InputError.isInstance(error)) return undefined
      throw error
    }
  }

  /** The lock of a task, or undefined while another process works on it. Creates its folder. */
  async claim(task: Task): Promise<Lock | undefined> {
    const folder = this.folderOf(task)
    await createFolder(folder)
    try {
      return await acquireLock(join(folder, 'task.lock'))
    } catch (error) {
      if (LockError.isInstance(error)) return undefined
      throw error
    }
  }

  /** Marks a task as done. */
  async finish(task: Task, result: Json): Promise<void> {
    const saved = { id: task.id, result, check: hash(result) }
    await writeFileAtomically(this.#resultPath(task), `${JSON.stringify(saved, null, 2)}\n`)
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
    await rm(join(this.folderOf(task), 'failure.json'), { force: true })
  }

  #resultPath(task: Task): string {
    return join(this.folderOf(task), 'result.json')
  }
}

/**
 * The content of a `result.json`.
 *
 * @throws InputError when it is damaged
 */
export function checkResult(text: string, path: string): { id: string; result: Json } {
  const { id, result, check } = parseValue(resultSchema, parseJson(text, { source: path }), path)
  const expected = hash(result as Json)
  if (check !== expected)
    throw new InputError('invalid-value', { source: path, path: 'check', expected, received: check })
  return { id, result: result as Json }
}
