import * as v from 'valibot'
import { isSafePath } from './hub-address.ts'
import { HubError, type HubPlace } from './hub-error.ts'
import type { HubOptions } from './hub-options.ts'
import { attempt, endpointOf, requestJson } from './hub-request.ts'

/** A file in a repository. */
export interface HubFile {
  /** Path in the repository. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Checksum of the content: of large files SHA-256, of others git's SHA-1 of a blob. */
  readonly digest: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string }
}

const commitPattern = /^[0-9a-f]{40}$/
const maxPages = 10_000

const sizeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const revisionSchema = v.object({ sha: v.pipe(v.string(), v.regex(commitPattern, 'a commit of 40 digits')) })
const treeSchema = v.array(
  v.union([
    v.object({
      type: v.literal('file'),
      path: v.string(),
      size: sizeSchema,
      oid: v.pipe(v.string(), v.regex(commitPattern)),
      lfs: v.optional(v.object({ oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), size: sizeSchema })),
    }),
    v.object({ type: v.pipe(v.string(), v.notValue('file')) }),
  ]),
)

/** Form of a list of files, as a cache keeps it. */
export const hubFilesSchema: v.GenericSchema<HubFile[]> = v.array(
  v.object({
    path: v.pipe(v.string(), v.check(isSafePath, 'a path within the repository')),
    size: sizeSchema,
    digest: v.object({
      algorithm: v.picklist(['sha256', 'git-sha1']),
      hex: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)),
    }),
  }),
)

const apiOf = ({ kind, repository }: HubPlace, options: HubOptions): string =>
  `${endpointOf(options)}/api/${kind}s/${repository}`

/** Whether a revision is the full name of a commit, which stands for the same content forever. */
export const isCommit = (revision: string): boolean => commitPattern.test(revision)

/**
 * The commit that a branch or tag stands for now.
 *
 * @throws HubError
 */
export async function resolveRevision(
  place: HubPlace & { revision: string },
  options: HubOptions,
): Promise<string> {
  const url = `${apiOf(place, options)}/revision/${encodeURIComponent(place.revision)}`
  const { value } = await attempt(place, options, () => requestJson(url, revisionSchema, place, options))
  return value.sha
}

/**
 * All files of a commit. Paths that lead out of the repository are left out.
 *
 * @throws HubError
 */
export async function listFiles(
  place: HubPlace & { revision: string },
  options: HubOptions,
): Promise<HubFile[]> {
  const files: HubFile[] = []
  const seen = new Set<string>()
  let url: string | undefined = `${apiOf(place, options)}/tree/${place.revision}?recursive=true`
  for (let page = 0; url !== undefined; page++) {
    const address: string = url
    if (seen.has(address)) throw invalidReply(place, options, 'Its list comes back to a page that it had.')
    seen.add(address)
    const { value, headers } = await attempt(place, options, () =>
      requestJson(address, treeSchema, place, options),
    )
    for (const entry of value) {
      if (!('path' in entry) || !isSafePath(entry.path)) continue
      const { path, size, oid, lfs } = entry
      const digest = lfs
        ? ({ algorithm: 'sha256', hex: lfs.oid } as const)
        : ({ algorithm: 'git-sha1', hex: oid } as const)
      files.push({ path, size: lfs?.size ?? size, digest })
    }
    url = nextPage(headers, address, place, options)
    if (page >= maxPages) throw invalidReply(place, options, `Its list has more than ${maxPages} pages.`)
  }
  return files
}

/** The next page of a list. One at another origin would be a list by a stranger, whatever is sent there. */
function nextPage(headers: Headers, page: string, place: HubPlace, options: HubOptions): string | undefined {
  const next = nextLink(headers.get('link') ?? '')
  if (next === undefined) return undefined
  const url = URL.canParse(next, page) ? new URL(next, page) : undefined
  if (url?.origin !== new URL(page).origin || url.username !== '' || url.password !== '')
    throw invalidReply(place, options, 'Its list continues at another origin.')
  return url.href
}

/** The target of a link to the next page (RFC 8288): `rel` may be written in any case, and name several relations. */
function nextLink(header: string): string | undefined {
  for (const [, target, parameters] of header.matchAll(
    /<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s";,]+))*)/g,
  )) {
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))/i.exec(parameters ?? '')
    const relations = (rel?.[1] ?? rel?.[2] ?? '').toLowerCase().split(/\s+/)
    if (relations.includes('next')) return target
  }
  return undefined
}

const invalidReply = (place: HubPlace, options: HubOptions, reason: string): HubError =>
  new HubError('invalid-reply', { ...place, endpoint: endpointOf(options), reason })
