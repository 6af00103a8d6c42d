import type { StoryTokenizer } from '../stream/tokens.ts'

/** How a worker thread makes the tokenizer, since functions cannot be sent to it. */
export interface TokenizerModule {
  /** Address of a module, such as `import.meta.resolve('@tinystories/tokenizer')`. */
  module: string | URL
  /** What it exports that makes the tokenizer, such as `parseTokenizer`; may give a promise. */
  make: string
  /** The argument. Default: the tokenizer's `toJSON()`. */
  data?: unknown
}

/** @throws TypeError when the module has no such function, or it makes no tokenizer */
export async function loadTokenizer({ module, make, data }: TokenizerModule): Promise<StoryTokenizer> {
  const url = String(module)
  const loaded: unknown = await import(/* @vite-ignore */ url)
  let owner: unknown
  let found = loaded
  for (const name of make.split('.')) {
    owner = found
    found = (found as Record<string, unknown> | undefined)?.[name]
  }
  if (typeof found !== 'function') throw new TypeError(`${url} exports no function ${make}`)
  const tokenizer = (await found.call(owner, data)) as Partial<StoryTokenizer> | undefined
  if (typeof tokenizer?.encode !== 'function') throw new TypeError(`${make} of ${url} made no tokenizer`)
  return tokenizer as StoryTokenizer
}
