import { type ChatClient, type ChatClientOptions, createChatClient } from '@tinystories/llm'
import { readTextFile } from '@tinystories/utils/disk'
import { numberOf } from './command-line/parse-flags.ts'
import { UserError } from './errors/user-error.ts'
import { fromTyped } from './paths.ts'
import { keepSecret } from './terminal/output.ts'

/** The flags that say how a language model is reached, and what it may cost. */
export interface ChatClientFlags {
  model: string
  server: string
  keyFile?: string
  budget?: number
  prices?: string
  requestsPerMinute?: number
  tokensPerMinute?: number
  concurrency: number
  /** Seconds. */
  timeout?: number
  header?: Record<string, string>
  query?: Record<string, string>
  /** Host -> the environment variable with its key. Given, OPENAI_API_KEY is not used: it belongs to another server. */
  keys?: Record<string, string>
}

/** A client with its key from the file or from OPENAI_API_KEY. @param cacheDir where replies are kept */
export async function openChatClient(flags: ChatClientFlags, cacheDir: string): Promise<ChatClient> {
  return createChatClient(await chatClientOptions(flags, cacheDir))
}

/** What a client of either kind is made with. */
export async function chatClientOptions(
  flags: ChatClientFlags,
  cacheDir: string,
): Promise<ChatClientOptions & { cacheDir: string }> {
  const { model, server, budget, prices, requestsPerMinute, tokensPerMinute, concurrency } = flags
  const { header, query } = flags
  for (const secret of Object.values({ ...header, ...query })) keepSecret(secret)
  return {
    model,
    baseURL: server,
    apiKey: await keyOf(flags),
    cacheDir,
    maxConcurrency: concurrency,
    ...(header === undefined ? {} : { headers: header }),
    ...(query === undefined ? {} : { query }),
    ...(budget === undefined ? {} : { budget }),
    ...(prices === undefined ? {} : { prices: pricesOf(prices) }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
    ...(flags.timeout === undefined ? {} : { timeout: flags.timeout * 1000 }),
  }
}

async function keyOf({ keyFile, server, keys }: ChatClientFlags): Promise<string> {
  if (keyFile !== undefined) {
    const path = fromTyped(keyFile)
    const text = await readTextFile(path, { pipes: true, maxBytes: 2 ** 16 })
    if (text.trim() === '') throw new UserError(`--key-file: ${path} is empty. Put the key into it.`)
    keepSecret(text.trim())
    return text.trim()
  }
  if (!URL.canParse(server)) {
    throw new UserError(`--server: "${server}" is no address. Give one such as http://localhost:11434/v1.`)
  }
  const { host, hostname } = new URL(server)
  const variable = keys === undefined ? 'OPENAI_API_KEY' : (keys[host] ?? keys[hostname])
  const key = variable === undefined ? undefined : process.env[variable]?.trim()
  if (key) {
    keepSecret(key)
    return key
  }
  if (keys !== undefined && variable !== undefined)
    throw new UserError(`--judge-key: the variable ${variable} is not set. Put the key of ${host} into it.`)
  // Servers on the same machine want none as a rule.
  if (hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]') return 'none'
  throw new UserError(
    keys === undefined
      ? 'There is no key for the server. Set OPENAI_API_KEY, or name a file that holds it with --key-file.'
      : `There is no key for ${host}. Name the variable that holds it: --judge-key ${host}=VARIABLE.`,
  )
}

function pricesOf(text: string): { input: number; output: number } {
  const [input, output, ...more] = text.split(',').map(numberOf)
  if (!(input! >= 0 && output! >= 0) || more.length > 0)
    throw new UserError(`--prices: two numbers are wanted, such as 0.15,0.6, not "${text}".`)
  return { input: input!, output: output! }
}
