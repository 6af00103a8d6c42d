import { HubError, type HubKind } from './hub-error.ts'

/** A repository of the hub, or a file in it. */
export interface HubAddress {
  readonly kind: HubKind
  /** `owner/name`; old models have a name alone. */
  readonly repository: string
  /** Branch, tag or commit; undefined when the address does not say. */
  readonly revision: string | undefined
  /** A file or folder in the repository; undefined for all of it. */
  readonly path: string | undefined
}

/** Options of {@link parseHubAddress}. */
export interface HubAddressOptions {
  /** What is meant when the address does not say. Default `model`. */
  kind?: HubKind
  /** Address of the hub, whose web addresses are understood too. Default `https://huggingface.co`. */
  endpoint?: string
}

const namePart = /^\w[\w.-]*$/
/** Revisions with a slash that need no escape, as the hub's own tools take them. */
const specialRevision = /^refs\/(?:pr|convert)\/[^/]+/

/** A browser may show the address of a page of the hub without its scheme. */
const hiddenScheme = /^(?:huggingface|hf)\.co\//

/** Whether a text starts as an address that can mean nothing but the hub: `hf://`. */
export function isHubAddress(text: string): boolean {
  return text.startsWith('hf://')
}

/**
 * Understands `owner/name`, `owner/name@revision`, `owner/name/file`, the same after `hf://`, `hf://models/` and
 * `hf://datasets/`, and web addresses of the hub as copied from a browser
 * (`https://huggingface.co/owner/name/blob/main/config.json`). A slash in a revision is written `%2F`, except in
 * `refs/pr/1` and `refs/convert/parquet`.
 *
 * @throws HubError `invalid-address`
 */
export function parseHubAddress(
  text: string,
  { kind = 'model', endpoint = defaultEndpoint }: HubAddressOptions = {},
): HubAddress {
  const trimmed = text.trim().replace(hiddenScheme, 'https://$&')
  const parsed = /^https?:\/\//.test(trimmed)
    ? parseWebAddress(trimmed, endpoint)
    : parseName(trimmed.replace(/^hf:\/\//, ''), kind)
  if (parsed === undefined) throw new HubError('invalid-address', { address: withoutQuery(trimmed), kind })
  return parsed
}

/** The hub itself. */
export const defaultEndpoint = 'https://huggingface.co'

function parseName(text: string, fallback: HubKind): HubAddress | undefined {
  const prefix = /^(models|datasets)\/(?=[^/]+\/[^/])/.exec(text)
  const kind = prefix === null ? fallback : prefix[1] === 'models' ? 'model' : 'dataset'
  const rest = text.slice(prefix?.[0].length ?? 0)
  const at = rest.indexOf('@')
  if (at < 0) {
    const [owner, name, ...path] = rest.split('/')
    return assemble(kind, name === undefined ? owner! : `${owner}/${name}`, undefined, path.join('/'))
  }
  const behind = rest.slice(at + 1)
  const written = specialRevision.exec(behind)?.[0] ?? behind.split('/')[0]!
  return assemble(kind, rest.slice(0, at), decode(written), behind.slice(written.length + 1))
}

function parseWebAddress(text: string, endpoint: string): HubAddress | undefined {
  if (!URL.canParse(text)) return undefined
  const { host, pathname } = new URL(text)
  if (host !== 'huggingface.co' && host !== 'hf.co' && host !== new URL(endpoint).host) return undefined
  const parts = pathname.split('/').filter(part => part !== '')
  const kind = parts[0] === 'datasets' ? 'dataset' : 'model'
  if (parts[0] === 'datasets' || parts[0] === 'models') parts.shift()
  // A model without an owner is followed by the view at once.
  const names = parts.length > 1 && !isView(parts[1]) ? 2 : 1
  const repository = parts.slice(0, names).join('/')
  const [view, ...behind] = parts.slice(names)
  if (view === undefined) return assemble(kind, repository, undefined, '')
  if (!isView(view)) return undefined
  const place = behind.map(part => decode(part)).join('/')
  const revision = specialRevision.exec(place)?.[0] ?? decode(behind[0] ?? '')
  return assemble(kind, repository, revision, place.slice(revision.length + 1))
}

const isView = (part: string | undefined): boolean =>
  part !== undefined && /^(tree|blob|resolve|raw)$/.test(part)

function assemble(
  kind: HubKind,
  repository: string,
  revision: string | undefined,
  path: string,
): HubAddress | undefined {
  const names = repository.split('/')
  if (names.length > 2 || !names.every(name => namePart.test(name))) return undefined
  if (revision !== undefined && !isRevision(revision)) return undefined
  const file = path.replace(/\/$/, '')
  if (file !== '' && !isSafePath(file)) return undefined
  return { kind, repository, revision, path: file === '' ? undefined : file }
}

/** Whether a text can name a branch, tag or commit. */
export function isRevision(text: string): boolean {
  return text.split('/').every(part => /^[\w-][\w.+-]*$/.test(part))
}

/** Whether a path stays within the folder that it is relative to, on every system. */
export function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\\\u0000-\u001f]|^[A-Za-z]:/.test(path)) return false
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..')
}

/** Empty, which is no revision, where a percent sign begins nothing. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

const withoutQuery = (text: string): string => text.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
