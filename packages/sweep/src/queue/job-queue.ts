import type { Needs } from '../spec/sweep-spec.ts'

/** A task that waits for a worker. */
export interface JobRequest {
  /** Id of the task. */
  task: string
  needs: Needs
  /** Higher ones are taken first. */
  priority: number
}

/** A task that a worker has taken. */
export interface Job {
  /** Id of the job and its attempt, for the queue. */
  id: string
  attempt: number
  queue: string
  task: string
}

/**
 * Hands out tasks to workers, each to one at a time. What is done is known from the sweep's folder alone: a queue may
 * be lost and is filled again.
 */
export interface JobQueue extends AsyncDisposable {
  /** Adds tasks that are not in the queue yet; the others are left as they are. @returns whether there were any */
  add(jobs: readonly JobRequest[]): Promise<boolean>
  /** The first job that fits, or undefined when there is none. */
  take(free: Needs): Promise<Job | undefined>
  /** Says that a job is still worked on. @returns false when it has been given to another worker meanwhile */
  touch(job: Job): Promise<boolean>
  /** Takes a job out, because its task has ended. */
  finish(job: Job): Promise<void>
  /** Puts a job back, to be taken again. */
  giveBack(job: Job): Promise<void>
}

/** Whether a job fits into what is free. */
export function fits(needs: Needs, free: Needs): boolean {
  return needs.cores <= free.cores && needs.memory <= free.memory && (!needs.gpu || free.gpu)
}
