import { fits, type Job, type JobQueue, type JobRequest } from '../queue/job-queue.ts'

/** A queue without a database, for tests of what uses one. */
export function memoryQueue(): JobQueue & {
  readonly waiting: JobRequest[]
  readonly active: Map<string, Job>
} {
  const waiting: JobRequest[] = []
  const active = new Map<string, Job>()
  const attempts = new Map<string, number>()
  const requests = new Map<string, JobRequest>()
  return {
    waiting,
    active,
    async add(jobs) {
      const added = jobs.filter(({ task }) => !active.has(task) && waiting.every(each => each.task !== task))
      for (const job of added) requests.set(job.task, job)
      waiting.push(...added)
      waiting.sort((a, b) => b.priority - a.priority)
      return added.length > 0
    },
    async take(free) {
      const at = waiting.findIndex(({ needs }) => fits(needs, free))
      const [request] = at < 0 ? [] : waiting.splice(at, 1)
      if (request === undefined) return undefined
      const { task } = request
      const attempt = attempts.get(task) ?? 0
      attempts.set(task, attempt + 1)
      const job = { id: task, attempt, queue: 'memory', task }
      active.set(task, job)
      return job
    },
    touch: async ({ task }) => active.has(task),
    async finish({ task }) {
      active.delete(task)
    },
    async giveBack({ task }) {
      if (active.delete(task)) waiting.push(requests.get(task)!)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
