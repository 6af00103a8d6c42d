import type { StoryTokenizer } from '../stream/tokens.ts'
import { TokenShardError } from './token-shard-error.ts'

/** How a worker thread creates the tokenizer, since functions cannot be sent to it. */
export interface TokenizerModule {
  /** Address of a module, such as `import.meta.resolve('@tinystories/tokenizer')`. */
  module: string | URL
  /** The function it exports that creates the tokenizer, such as `parseTokenizer`; it may return a promise. */
  make: string
  /** The argument. Default: the tokenizer's `toJSON()`. */
  data?: unknown
}

/** @throws TokenShardError when the module has no such function, or it creates no tokenizer */
export async function loadTokenizer({ module, make, data }: TokenizerModule): Promise<StoryTokenizer> {
  const url = String(module)
  const loaded: unknown = await import(/* webpackIgnore: true */ /* @vite-ignore */ url)
  let owner: unknown
  let found = loaded
  for (const name of make.split('.')) {
    owner = found
    found = (found as Record<string, unknown> | undefined)?.[name]
  }
  if (typeof found !== 'function') throw new TokenShardError('no-tokenizer', { module: url, make })
  const tokenizer = (await found.call(owner, data)) as Partial<StoryTokenizer> | undefined
  if (typeof tokenizer?.encode !== 'function')
    throw new TokenShardError('no-tokenizer', { module: url, make })
  return tokenizer as StoryTokenizer
}
