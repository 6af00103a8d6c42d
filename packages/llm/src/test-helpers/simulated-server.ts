import { Random } from '@tinystories/utils/random'
import type { VirtualClock } from './virtual-clock.ts'

/** A server within this process, in the time of a virtual clock. */
export interface SimulatedServer {
  /** Milliseconds of an answer, give or take 30 %. */
  latency: number
  /** Answers in a second; more are refused. */
  requestsPerSecond?: number
  burst?: number
  /** Answers at a time; more are refused. */
  maxConcurrent?: number
  /** Share of the requests that are refused for no reason. */
  strayRefusals?: number
  /** How a refusal says when to come back. Default: in whole seconds. Dates need a `Date` that stands still. */
  retryAfter?: 'seconds' | 'date' | 'milliseconds'
}

/** A `fetch` that reaches the server. */
export function simulateServer(server: SimulatedServer, clock: VirtualClock): typeof fetch {
  const { latency, requestsPerSecond, burst = 1, maxConcurrent = Number.POSITIVE_INFINITY } = server
  const random = new Random(1)
  let [level, filledAt, underWay] = [burst, 0, 0]
  const refuse = (wait: number): Response => {
    const seconds = Math.ceil(wait / 1000)
    const headers: Record<NonNullable<SimulatedServer['retryAfter']>, Record<string, string>> = {
      seconds: { 'retry-after': String(seconds) },
      milliseconds: { 'retry-after-ms': String(Math.ceil(wait)) },
      date: { 'retry-after': new Date(Date.now() + seconds * 1000).toUTCString() },
    }
    return new Response('{}', { status: 429, headers: headers[server.retryAfter ?? 'seconds'] })
  }
  return async () => {
    if (random.uniform() < (server.strayRefusals ?? 0)) return refuse(1000)
    if (underWay >= maxConcurrent) return refuse(20)
    if (requestsPerSecond !== undefined) {
      level = Math.min(burst, level + ((clock.now() - filledAt) / 1000) * requestsPerSecond)
      filledAt = clock.now()
      if (level < 1) return refuse(((1 - level) / requestsPerSecond) * 1000)
      level--
    }
    underWay++
    await clock.sleep(latency * (0.7 + 0.6 * random.uniform()))
    underWay--
    const choice = { message: { content: 'a' }, finish_reason: 'stop' }
    return Response.json({ model: 'm', choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1 } })
  }
}
