import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Judge } from '@tinystories/grader'
import {
  type BatchWaveProgress,
  type ChatClient,
  type ChatClientOptions,
  createBatchClient,
  createChatClient,
  openReplyCache,
} from '@tinystories/llm'
import { type ChatClientFlags, chatClientOptions } from '../chat-client.ts'
import { UserError } from '../errors/user-error.ts'
import { fromTyped } from '../paths.ts'

/** A model that judges, as `--judge` names it. */
export interface NamedJudge {
  model: string
  /** Where it is asked. Default: `--server`. */
  server?: string
}

export interface JudgeFlags extends Omit<ChatClientFlags, 'model' | 'concurrency'> {
  model?: string
  judge?: NamedJudge[]
  /** Host -> the environment variable with its key. */
  judgeKey?: Record<string, string>
  cache?: string
  concurrency?: number
  batch?: boolean
  /** Seconds. */
  poll: number
}

/** A judge whose flags are good, and whose calls go one by one or, with a state file, in batches. */
export interface PreparedJudge {
  client: Judge | 'offline'
  inBatches: (stateFile: string, onProgress: (progress: BatchWaveProgress) => void) => Judge | 'offline'
}

/** Gradings at the same time where they are not requested in batches. */
export const usualConcurrency = 16

/** The judges that the flags name, each with the key of its server. */
export async function prepareJudges(flags: JudgeFlags): Promise<PreparedJudge[]> {
  const named = [...(flags.judge ?? []), ...(flags.model === undefined ? [] : [{ model: flags.model }])]
  const judges = [...new Map(named.map(each => [`${each.model}@${each.server ?? ''}`, each])).values()]
  const isOffline = judges.some(({ model, server }) => model === 'offline' && server === undefined)
  if (judges.length > 1 && isOffline)
    throw new UserError('--judge offline: an estimate is no judge among others. Run it on its own.')
  if (judges.length > 1 && flags.batch)
    throw new UserError(
      '--batch: one judge at a time works in batches. Run one, then the others; agree compares them.',
    )
  if (isOffline) return [{ client: 'offline', inBatches: () => 'offline' }]
  const prepared: Prepared[] = []
  for (const judge of judges) prepared.push(await prepareJudge(flags, judge))
  if (prepared.length === 0)
    throw new UserError(
      '--model: name the model that judges, such as --model gpt-4o-mini, --judge offline for an estimate, or --measures-only to do without.',
    )
  return shareBudget(prepared)
}

interface Prepared {
  /** As reports name it: the model, and its server where that is not `--server`. */
  name: string
  options: ChatClientOptions & { cacheDir: string }
  poll: number
}

async function prepareJudge(flags: JudgeFlags, { model, server }: NamedJudge): Promise<Prepared> {
  const { cache, concurrency = usualConcurrency, judgeKey = {}, poll } = flags
  if (flags.batch) {
    for (const flag of ['requestsPerMinute', 'tokensPerMinute'] as const)
      if (flags[flag] !== undefined)
        throw new UserError(
          `--${flag.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}: a batch takes its own time. Leave it out with --batch.`,
        )
  }
  const replies = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories', 'replies')
  const folder = cache === undefined ? replies : fromTyped(cache)
  // A folder that cannot keep replies is refused before anything is written.
  await openReplyCache(folder)
  const common = { ...flags, model, concurrency }
  if (server === undefined) return { name: model, options: await chatClientOptions(common, folder), poll }
  // What belongs to --server, its key above all, goes to no other.
  const { keyFile, header, query, ...rest } = common
  const options = await chatClientOptions({ ...rest, server, keys: judgeKey }, folder)
  return { name: `${model}@${new URL(server).host}`, options, poll }
}

/**
 * Judges work one after the other. With a budget each is created when it is first asked, so that it can spend what those
 * before it have left.
 */
function shareBudget(prepared: readonly Prepared[]): PreparedJudge[] {
  const clients: ChatClient[] = []
  const optionsNow = ({ options }: Prepared): Prepared['options'] => {
    if (options.budget === undefined) return options
    const spent = clients.reduce((sum, client) => {
      const { cost, possibleCost } = client.account()
      return sum + cost + possibleCost
    }, 0)
    // With nothing left, the first call that is not in the cache is refused.
    return { ...options, budget: Math.max(options.budget - spent, Number.MIN_VALUE) }
  }
  return prepared.map(each => {
    const judge = (create: (options: Prepared['options']) => ChatClient): Judge => {
      let client: ChatClient | undefined
      const opened = (): ChatClient => {
        client ??= create(optionsNow(each))
        if (!clients.includes(client)) clients.push(client)
        return client
      }
      // What is wrong with the options is said before anything is written.
      const { server } = create(each.options)
      return { model: each.name, server, complete: (request, more) => opened().complete(request, more) }
    }
    return {
      client: judge(createChatClient),
      inBatches: (stateFile, onProgress) =>
        judge(options =>
          createBatchClient({ ...options, stateFile, pollInterval: each.poll * 1000, onProgress }),
        ),
    }
  })
}
