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
import { parseJson, parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { hash, type Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'

/** Where a task stands. `waiting`: for tasks before it; `blocked`: one of those failed. */
export type TaskState = 'done' | 'failed' | 'waiting' | 'blocked' | 'ready'

const resultSchema = v.object({ id: v.string(), result: v.unknown(), check: v.string() })
const failureSchema = v.object({ id: v.string(), message: v.string() })

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
    const saved = await this.#read(path, resultSchema)
    if (saved?.id !== task.id) return undefined
    const result = saved.result as Json
    return saved.check === hash(result) ? result : undefined
  }

  /** Why the last attempt failed, or undefined. */
  async failure(task: Task): Promise<string | undefined> {
    const saved = await this.#read(join(this.folderOf(task), 'failure.json'), failureSchema)
    return saved?.id === task.id ? saved.message : undefined
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

  async #read<const Schema extends v.GenericSchema>(
    path: string,
    schema: Schema,
  ): Promise<v.InferOutput<Schema> | undefined> {
    const text = await readTextFileIfPresent(path)
    if (text === undefined) return undefined
    try {
      return parseValue(schema, parseJson(text, { source: path }), path)
    } catch {
      return undefined
    }
  }
}
