import { hostname } from 'node:os'
import { FileError } from '@tinystories/utils/disk'
import type { Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'
import type { TaskStore } from './task-store.ts'

/** What happens while tasks run. */
export type TaskEvent =
  | { type: 'start'; task: Task }
  | { type: 'progress'; task: Task; done: number; note: string | undefined }
  | { type: 'done'; task: Task; result: Json }
  | { type: 'failed'; task: Task; error: unknown }
  /** Everything that is left is being done by other processes. */
  | { type: 'waiting' }
  /** The queue's database does not answer; the work at hand goes on, and it is asked again. */
  | { type: 'queue-trouble'; error: unknown }

/** Options of {@link TaskRunner}. */
export interface TaskRunnerOptions {
  store: TaskStore
  signal?: AbortSignal | undefined
  onEvent?: ((event: TaskEvent) => void) | undefined
}

/** How an attempt at a task ended. `elsewhere`: another process works on it. */
export type Outcome = 'done' | 'failed' | 'elsewhere'

/** The least milliseconds between two notes of a task's progress. */
const noteEvery = 2000

/** Names this process in errors and in the status. */
export const workerName = (): string => `${hostname()}:${process.pid}`

/** Runs single tasks: each is done by one process, whoever else may try. */
export class TaskRunner {
  readonly #store: TaskStore
  readonly #signal: AbortSignal
  readonly #onEvent: (event: TaskEvent) => void

  constructor({ store, signal, onEvent }: TaskRunnerOptions) {
    this.#store = store
    this.#signal = signal ?? new AbortController().signal
    this.#onEvent = onEvent ?? (() => {})
  }

  /**
   * Runs a task whose predecessors are done, unless it has ended already. A failure is recorded in the store.
   *
   * @param abandoned whether the process that held the task's lock is known to be gone, whatever machine it ran on
   * @param stop ends this task alone
   * @throws the signal's reason; FileError `disk-full`: this process cannot go on, and the task has not failed
   */
  async attempt(task: Task, { abandoned = false, stop }: AttemptOptions = {}): Promise<Outcome> {
    const known = await this.#ended(task)
    if (known !== undefined) return known
    await using lock = await this.#store.claim(task, { abandoned })
    if (lock === undefined) return 'elsewhere'
    // It may have ended between the look and the lock.
    return (await this.#ended(task)) ?? (await this.#run(task, stop))
  }

  async #ended(task: Task): Promise<'done' | 'failed' | undefined> {
    if ((await this.#store.result(task)) !== undefined) return 'done'
    return (await this.#store.failure(task)) === undefined ? undefined : 'failed'
  }

  async #run(task: Task, stop: AbortSignal | undefined): Promise<'done' | 'failed'> {
    this.#onEvent({ type: 'start', task })
    const signal = stop === undefined ? this.#signal : AbortSignal.any([this.#signal, stop])
    const notes = new ProgressNotes(this.#store, task)
    try {
      const results: Record<string, Json> = {}
      const folders: Record<string, string> = {}
      for (const [name, other] of Object.entries(task.after)) {
        results[name] = (await this.#store.result(other))!
        folders[name] = this.#store.folderOf(other)
      }
      const result = await task.stage.run({
        cell: task.cells[0]!,
        folder: this.#store.folderOf(task),
        results,
        folders,
        signal,
        onProgress: (done, note) => {
          notes.add(done, note)
          this.#onEvent({ type: 'progress', task, done, note })
        },
      })
      await this.#store.finish(task, result)
      this.#onEvent({ type: 'done', task, result })
      return 'done'
    } catch (error) {
      signal.throwIfAborted()
      if (isDiskFull(error)) throw error
      await this.#store.fail(task, error)
      this.#onEvent({ type: 'failed', task, error })
      return 'failed'
    } finally {
      await notes.end()
    }
  }
}

/** Options of {@link TaskRunner.attempt}. */
export interface AttemptOptions {
  abandoned?: boolean
  stop?: AbortSignal
}

/** Keeps how far a task is where other processes can see it; that it cannot be kept stops nothing. */
class ProgressNotes {
  readonly #store: TaskStore
  readonly #task: Task
  readonly #started = performance.now()
  #last = Number.NEGATIVE_INFINITY
  #writing: Promise<void> = Promise.resolve()

  constructor(store: TaskStore, task: Task) {
    this.#store = store
    this.#task = task
  }

  #from: number | undefined

  add(done: number, note: string | undefined): void {
    const now = performance.now()
    // What a resume finds done already took none of this time.
    this.#from ??= done
    if (now - this.#last < noteEvery) return
    this.#last = now
    const seconds = (now - this.#started) / 1000
    const from = this.#from
    const secondsLeft = done > from ? (seconds / (done - from)) * (1 - done) : null
    const progress = { done, note: note ?? null, secondsLeft, worker: workerName() }
    this.#writing = this.#writing.then(() => this.#store.note(this.#task, progress)).catch(() => {})
  }

  async end(): Promise<void> {
    await this.#writing
    await this.#store.forgetNote(this.#task).catch(() => {})
  }
}

/** Whether the disk is full: a trouble of this machine, and not of the task. */
export function isDiskFull(error: unknown): boolean {
  if (FileError.isInstance(error)) return error.code === 'disk-full'
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
