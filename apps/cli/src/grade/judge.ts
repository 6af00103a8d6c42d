import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type ChatClient, createChatClient } from '@tinystories/llm'
import { fromTyped } from '../paths.ts'
import { fileError, UserError } from '../user-error.ts'

export interface JudgeFlags {
  model?: string
  server: string
  keyFile?: string
  cache?: string
  budget?: number
  prices?: string
  requestsPerMinute?: number
  tokensPerMinute?: number
  concurrency: number
}

/** The judge that the flags name, with its key from the file or from OPENAI_API_KEY. */
export async function openJudge(flags: JudgeFlags): Promise<ChatClient> {
  if (flags.model === undefined)
    throw new UserError(
      '--model: name the model that judges, such as --model gpt-4o-mini, or take --measures-only to do without one.',
    )
  const { requestsPerMinute, tokensPerMinute, budget } = flags
  return createChatClient({
    model: flags.model,
    baseURL: flags.server,
    apiKey: await keyOf(flags),
    cacheDir:
      flags.cache === undefined
        ? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tinystories', 'replies')
        : fromTyped(flags.cache),
    maxConcurrency: flags.concurrency,
    ...(budget === undefined ? {} : { budget }),
    ...(flags.prices === undefined ? {} : { prices: pricesOf(flags.prices) }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }),
  })
}

async function keyOf({ keyFile, server }: JudgeFlags): Promise<string> {
  if (keyFile !== undefined) {
    const path = fromTyped(keyFile)
    const text = await readFile(path, 'utf8').catch(error => {
      throw fileError('--key-file', path, error)
    })
    if (text.trim() === '') throw new UserError(`--key-file: ${path} is empty. Put the key into it.`)
    return text.trim()
  }
  const key = process.env.OPENAI_API_KEY?.trim()
  if (key) return key
  const { hostname } = new URL(server)
  // Servers on the same machine want none as a rule.
  if (hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]') return 'none'
  throw new UserError(
    'There is no key for the server. Set OPENAI_API_KEY, or name a file that holds it with --key-file.',
  )
}

function pricesOf(text: string): { input: number; output: number } {
  const [input, output, ...more] = text.split(',').map(Number)
  if (!(input! >= 0 && output! >= 0) || more.length > 0)
    throw new UserError(`--prices: two numbers are wanted, such as 0.15,0.6, not "${text}".`)
  return { input: input!, output: output! }
}
