import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseValue } from '@tinystories/utils/schema'
import * as v from 'valibot'
import { SweepError } from '../errors.ts'
import type { Job, JobQueue, JobRequest } from './job-queue.ts'

const needs = v.object({ cores: v.number(), memory: v.number(), gpu: v.boolean() })
const job = v.object({ id: v.string(), attempt: v.number(), queue: v.string(), task: v.string() })
const requestSchema = v.variant('ask', [
  v.object({
    ask: v.literal('add'),
    number: v.number(),
    jobs: v.array(v.object({ task: v.string(), needs, priority: v.number() })),
  }),
  v.object({ ask: v.literal('take'), number: v.number(), free: needs }),
  v.object({ ask: v.picklist(['touch', 'finish', 'giveBack']), number: v.number(), job }),
])
type Request = v.InferOutput<typeof requestSchema>

const answerSchema = v.object({
  number: v.number(),
  job: v.optional(job),
  yes: v.optional(v.boolean()),
  /** Why the queue could not answer. */
  lost: v.optional(v.object({ queue: v.string(), reason: v.string() })),
})
type Answer = v.InferOutput<typeof answerSchema>

/** The end of a pipe between two processes: `process` itself in a child. */
export interface Pipe {
  send?: ((message: unknown) => unknown) | undefined
  on(event: 'message', listener: (message: unknown) => void): unknown
  once(event: 'disconnect', listener: () => void): unknown
}

/** The queue of the process that started this one, through their pipe. */
export function queueOverPipe(pipe: Pipe): JobQueue {
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: unknown) => void }>()
  let number = 0
  pipe.on('message', message => {
    const answer = parseValue(answerSchema, message, 'the queue')
    const asked = waiting.get(answer.number)
    waiting.delete(answer.number)
    if (answer.lost === undefined) asked?.resolve(answer)
    else asked?.reject(new SweepError('queue-lost', answer.lost))
  })
  let isGone = false
  const gone = (): SweepError =>
    new SweepError('queue-lost', { queue: 'of the parent process', reason: 'that process has ended' })
  pipe.once('disconnect', () => {
    isGone = true
    for (const { reject } of waiting.values()) reject(gone())
    waiting.clear()
  })
  type Question = Request extends infer Each ? (Each extends Request ? Omit<Each, 'number'> : never) : never
  const ask = (question: Question): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (isGone || pipe.send === undefined) return reject(gone())
      waiting.set(++number, { resolve, reject })
      pipe.send({ ...question, number })
    })
  return {
    add: async jobs => (await ask({ ask: 'add', jobs: [...jobs] })).yes === true,
    take: async free => (await ask({ ask: 'take', free })).job,
    touch: async each => (await ask({ ask: 'touch', job: each })).yes === true,
    finish: async each => void (await ask({ ask: 'finish', job: each })),
    giveBack: async each => void (await ask({ ask: 'giveBack', job: each })),
    [Symbol.asyncDispose]: async () => {},
  }
}

/**
 * Lets a child process use a queue. What it holds when it ends is put back at once, whatever ended it.
 *
 * @returns a promise of the end of the child, when everything it held is back
 */
export function serveQueue(child: ChildProcess, queue: JobQueue): Promise<void> {
  const held = new Map<string, Job>()
  const answer = async (request: Request): Promise<Omit<Answer, 'number'>> => {
    switch (request.ask) {
      case 'add':
        return { yes: await queue.add(request.jobs satisfies JobRequest[]) }
      case 'take': {
        const taken = await queue.take(request.free)
        if (taken === undefined) return {}
        held.set(taken.id, taken)
        return { job: taken }
      }
      case 'touch':
        return { yes: await queue.touch(request.job) }
      default:
        held.delete(request.job.id)
        await queue[request.ask](request.job)
        return {}
    }
  }
  let working: Promise<unknown> = Promise.resolve()
  child.on('message', message => {
    const request = parseValue(requestSchema, message, 'a worker')
    // One after another: a job that is handed out while the child ends is put back as well.
    working = working.then(async () => {
      const { number } = request
      const reply = await answer(request).catch((error: unknown) => {
        if (!SweepError.isInstance(error) || error.code !== 'queue-lost') throw error
        return { lost: error.details }
      })
      if (child.connected) child.send({ number, ...reply }, () => {})
    })
  })
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      const putBack = async (): Promise<void> => {
        // What it sent last may arrive after its end.
        if (child.connected) await once(child, 'disconnect')
        await working
        for (const each of held.values()) await queue.giveBack(each)
      }
      putBack().then(resolve, reject)
    })
  })
}
