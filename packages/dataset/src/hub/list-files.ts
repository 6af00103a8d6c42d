import { StorySourceError } from '../errors/dataset-error.ts'
import { withRetries } from '../http/retries.ts'
import { type HubRequestOptions, requestJson } from './hub-request.ts'

/** A file in a repository. */
export interface HubFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Digest of the content: of large files SHA-256, of others git's SHA-1 of a blob. */
  readonly digest: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string } | undefined
}

/** The name of a commit. */
export const commitPattern: RegExp = /^[0-9a-f]{40}$/

interface TreeEntry {
  type?: string
  path?: string
  size?: number
  oid?: string
  lfs?: { oid?: string; size?: number }
}

/** The commit that a branch or tag stands for now. */
export async function resolveRevision(
  endpoint: string,
  repository: string,
  revision: string,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<string> {
  const url = `${endpoint}/api/datasets/${repository}/revision/${encodeURIComponent(revision)}`
  const source = `hf://${repository}@${revision}`
  const { value } = await withRetries(options, signal, () =>
    requestJson<{ sha?: unknown }>(url, source, options, signal),
  )
  // It becomes the name of a folder.
  if (typeof value.sha === 'string' && commitPattern.test(value.sha)) return value.sha
  throw new StorySourceError({
    source,
    problem: 'the hub named no commit for this revision',
    remedy: 'Check the option endpoint',
  })
}

/** All files of a commit. */
export async function listFiles(
  endpoint: string,
  repository: string,
  commit: string,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<HubFile[]> {
  const files: HubFile[] = []
  let url: string | undefined = `${endpoint}/api/datasets/${repository}/tree/${commit}?recursive=true`
  while (url !== undefined) {
    const page: string = url
    const { value, headers } = await withRetries(options, signal, () =>
      requestJson<TreeEntry[]>(page, `hf://${repository}`, options, signal),
    )
    for (const { type, path, size, oid, lfs } of value) {
      if (type !== 'file' || path === undefined || leadsOut(path)) continue
      const digest =
        lfs?.oid !== undefined
          ? ({ algorithm: 'sha256', hex: lfs.oid } as const)
          : oid !== undefined
            ? ({ algorithm: 'git-sha1', hex: oid } as const)
            : undefined
      files.push({ path, size: lfs?.size ?? size ?? 0, digest })
    }
    url = nextPage(headers, page)
  }
  return files
}

/** Paths become those of files in the cache, so none may point out of it. */
function leadsOut(path: string): boolean {
  return path.split(/[/\\]/).some(part => part === '' || part === '.' || part === '..')
}

function nextPage(headers: Headers, page: string): string | undefined {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1]
  return next === undefined ? undefined : new URL(next, page).href
}
