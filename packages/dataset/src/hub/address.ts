import { StorySourceError } from '../errors/dataset-error.ts'

/** The parts of `hf://owner/name[@revision][/path]`. */
export interface HubAddress {
  /** `owner/name` of a data set. */
  readonly repository: string
  /** Branch, tag or commit. */
  readonly revision: string
  /** A file in the repository; undefined when it is left to us. */
  readonly path: string | undefined
}

const namePart = /^[\w.-]+$/

/**
 * Takes an address apart. A revision with a slash in it is written with `%2F`; `hf://datasets/owner/name` is the same as
 * `hf://owner/name`.
 */
export function parseHubAddress(address: string): HubAddress {
  const parts = address.slice('hf://'.length).split('/')
  if (parts[0] === 'datasets' && parts.length > 2) parts.shift()
  const [owner = '', named = '', ...path] = parts
  const [name = '', written = 'main'] = named.split('@')
  const revision = decoded(written)
  if (!namePart.test(owner) || !namePart.test(name) || revision === '' || path.some(part => part === '..')) {
    throw new StorySourceError({
      source: address,
      problem: 'this is not the address of a data set on the hub',
      remedy: 'Write hf://owner/name, hf://owner/name/file.txt or hf://owner/name@revision/file.txt',
    })
  }
  const file = path.filter(part => part !== '').join('/')
  return {
    repository: `${owner}/${name}`,
    revision,
    path: file === '' ? undefined : file,
  }
}

/** Empty where a percent sign begins nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
