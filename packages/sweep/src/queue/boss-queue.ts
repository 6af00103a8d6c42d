import { join } from 'node:path'
import { messageOf } from '@tinystories/utils/errors'
import { onAbort } from '@tinystories/utils/retry'
import { parseValue } from '@tinystories/utils/schema'
import type { PgBoss } from 'pg-boss'
import * as v from 'valibot'
import { SweepError } from '../errors.ts'
import type { Needs } from '../spec/sweep-spec.ts'
import { fits, type Job, type JobQueue, type JobRequest } from './job-queue.ts'

/** Options of {@link openBossQueue}. */
export interface BossQueueOptions {
  /** Identifies the sweep among those that share a database. */
  sweepId: string
  /** Folder of the sweep, for the embedded database. */
  folder: string
  /** Address of a PostgreSQL server, such as `postgres://user@host/database`. Default: PGlite in the folder. */
  server?: string | undefined
  /** Called when the database has trouble between calls. */
  onError?: ((error: unknown) => void) | undefined
  /** Ends the wait for the database, which takes seconds to start. */
  signal?: AbortSignal | undefined
}

/** Seconds without a sign of life after which a job is given to another worker: the least that pg-boss allows. */
const heartbeatSeconds = 10
/** The longest that pg-boss lets a job run before it hands it out again; a lock keeps the second worker away then. */
const expireInSeconds = 24 * 3600
/** Milliseconds for which the names of the queues are kept, so that not every job asks for them. */
const namesKnownFor = 1000
const firstNode = [22, 12] as const

/**
 * Opens the queue of a sweep: pg-boss, on PostgreSQL or on PGlite, of which only one process at a time can have the
 * folder.
 *
 * @throws SweepError `old-node`, `queue-not-installed`, `queue-lost`; the signal's reason, at once: what is starting then is
 * closed when it has
 */
export async function openBossQueue(options: BossQueueOptions): Promise<JobQueue> {
  const { signal } = options
  signal?.throwIfAborted()
  checkNode(process.versions.node)
  const opening = openQueue(options)
  if (signal === undefined) return opening
  let unlisten = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([opening, aborted])
  } catch (error) {
    opening.then(queue => queue[Symbol.asyncDispose]()).catch(() => {})
    throw error
  } finally {
    unlisten()
  }
}

async function openQueue(options: BossQueueOptions): Promise<JobQueue> {
  const { PgBoss, fromPglite } = await load('pg-boss', () => import('pg-boss'))
  const common = { schema: 'tinystories', superviseIntervalSeconds: 2, schedule: false, reindex: false }
  if (options.server !== undefined) {
    const boss = new PgBoss({
      ...common,
      connectionString: options.server,
      max: 2,
      connectionTimeoutMillis: 10_000,
    })
    return startQueue(boss, options, async () => {})
  }
  const { PGlite } = await load('@electric-sql/pglite', () => import('@electric-sql/pglite'))
  const path = join(options.folder, 'queue')
  const database = await PGlite.create(path).catch((cause: unknown) => {
    throw new SweepError('queue-lost', { queue: path, reason: reasonOf(cause) }, { cause })
  })
  const boss = new PgBoss({ ...common, db: fromPglite(database), backend: 'pglite' })
  return startQueue(boss, { ...options, server: path }, () => database.close())
}

/** @throws SweepError `old-node` */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < firstNode[0] || (major === firstNode[0] && minor < firstNode[1]))
    throw new SweepError('old-node', { found: version, wanted: firstNode.join('.') })
}

/** @throws SweepError `queue-not-installed` */
async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt()
  } catch (cause) {
    throw new SweepError('queue-not-installed', { package: name }, { cause })
  }
}

async function startQueue(
  boss: PgBoss,
  { sweepId, server, onError }: BossQueueOptions,
  close: () => Promise<void>,
): Promise<JobQueue> {
  const queue = withoutPassword(server!)
  boss.on('error', error => onError?.(error))
  const stop = async (): Promise<void> => {
    await boss.stop({ graceful: false }).catch(() => {})
    await close()
  }
  try {
    await boss.start()
  } catch (cause) {
    await stop()
    throw new SweepError('queue-lost', { queue, reason: reasonOf(cause) }, { cause })
  }
  return new BossQueue(boss, sweepId, queue, stop)
}

const affected = v.object({ affected: v.number() })
const jobData = v.object({ task: v.string() })

/** A queue of pg-boss for each combination of needs: a worker asks those that fit, the largest first. */
class BossQueue implements JobQueue {
  readonly #boss: PgBoss
  readonly #prefix: string
  readonly #server: string
  readonly #stop: () => Promise<void>
  readonly #created = new Set<string>()
  #found: { name: string; needs: Needs }[] = []
  #foundAt = Number.NEGATIVE_INFINITY

  constructor(boss: PgBoss, sweepId: string, server: string, stop: () => Promise<void>) {
    this.#boss = boss
    this.#prefix = `${sweepId}-`
    this.#server = server
    this.#stop = stop
  }

  async add(jobs: readonly JobRequest[]): Promise<boolean> {
    let added = 0
    const byQueue = new Map<string, JobRequest[]>()
    for (const job of jobs) {
      const name = this.#nameOf(job.needs)
      byQueue.set(name, [...(byQueue.get(name) ?? []), job])
    }
    for (const [name, requests] of byQueue)
      await this.#ask(async () => {
        await this.#create(name)
        const rows = requests.map(({ task, priority }) => ({ data: { task }, singletonKey: task, priority }))
        added += (await this.#boss.insert(name, rows, { returnId: true }))?.length ?? 0
      })
    return added > 0
  }

  take(free: Needs): Promise<Job | undefined> {
    return this.#ask(async () => {
      const isKnown = performance.now() - this.#foundAt < namesKnownFor
      if (!isKnown) await this.#findQueues()
      const job = await this.#takeKnown(free)
      if (job !== undefined || !isKnown) return job
      await this.#findQueues()
      return this.#takeKnown(free)
    })
  }

  touch({ queue, id, attempt }: Job): Promise<boolean> {
    return this.#ask(async () => {
      const answer = await this.#boss.touch(queue, { id, retryCount: attempt })
      return parseValue(affected, answer, queue).affected > 0
    })
  }

  async finish({ queue, id, attempt }: Job): Promise<void> {
    await this.#ask(() => this.#boss.complete(queue, { id, retryCount: attempt }))
  }

  async giveBack({ queue, id, attempt }: Job): Promise<void> {
    await this.#ask(() => this.#boss.fail(queue, { id, retryCount: attempt }))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop()
  }

  #nameOf({ cores, memory, gpu }: Needs): string {
    return `${this.#prefix}c${cores}-m${memory}-g${gpu ? 1 : 0}`
  }

  async #takeKnown(free: Needs): Promise<Job | undefined> {
    for (const { name, needs } of this.#found) {
      if (!fits(needs, free)) continue
      // Nothing is ever deferred; after a clock was set back it would seem so.
      const [job] = await this.#boss.fetch(name, { ignoreStartAfter: true })
      if (job === undefined) continue
      const { task } = parseValue(jobData, job.data, `job ${job.id} of ${name}`)
      return { id: job.id, attempt: job.retryCount, queue: name, task }
    }
    return undefined
  }

  /** The queues of this sweep, those that need most first. */
  async #findQueues(): Promise<void> {
    const queues = await this.#boss.getQueues()
    const pattern = /^c(\d+)-m([\d.]+)-g([01])$/
    const found = queues.flatMap(({ name }) => {
      const match = name.startsWith(this.#prefix) ? pattern.exec(name.slice(this.#prefix.length)) : null
      if (match === null) return []
      const needs = { cores: Number(match[1]), memory: Number(match[2]), gpu: match[3] === '1' }
      return [{ name, needs }]
    })
    found.sort(
      ({ needs: a }, { needs: b }) =>
        Number(b.gpu) - Number(a.gpu) || b.cores - a.cores || b.memory - a.memory,
    )
    this.#found = found
    this.#foundAt = performance.now()
  }

  async #create(name: string): Promise<void> {
    if (this.#created.has(name)) return
    // Exclusive: one job of a task at a time, whoever adds it.
    const policy = { policy: 'exclusive', retryLimit: 1000, deleteAfterSeconds: 60 } as const
    await this.#boss.createQueue(name, { ...policy, heartbeatSeconds, expireInSeconds })
    this.#created.add(name)
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (cause) {
      throw new SweepError('queue-lost', { queue: this.#server, reason: reasonOf(cause) }, { cause })
    }
  }
}

/** A refused connection to several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return messageOf(error)
}

function withoutPassword(server: string): string {
  // What a driver reads as `password=... host=...`.
  if (!URL.canParse(server)) return server.replaceAll(/(password\s*=\s*)(?:'(?:[^'\\]|\\.)*'|\S+)/gi, '$1…')
  const url = new URL(server)
  url.password = ''
  for (const name of [...url.searchParams.keys()]) if (/password/i.test(name)) url.searchParams.delete(name)
  return url.href
}
