import { type RequestOptions, request, withRetries } from './request.ts'

/** A file in a repository. */
export interface HubFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Digest of the content: of large files SHA-256, of others git's SHA-1 of a blob. */
  readonly digest: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string } | undefined
}

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
  options: RequestOptions,
  signal: AbortSignal,
): Promise<string> {
  const url = `${endpoint}/api/datasets/${repository}/revision/${encodeURIComponent(revision)}`
  return withRetries(options, signal, async () => {
    const { sha } = (await (
      await request(url, `hf://${repository}@${revision}`, options, signal)
    ).json()) as {
      sha: string
    }
    return sha
  })
}

/** All files of a commit. */
export async function listFiles(
  endpoint: string,
  repository: string,
  commit: string,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<HubFile[]> {
  const files: HubFile[] = []
  let url: string | undefined = `${endpoint}/api/datasets/${repository}/tree/${commit}?recursive=true`
  while (url !== undefined) {
    const page: string = url
    const { entries, next } = await withRetries(options, signal, async () => {
      const response = await request(page, `hf://${repository}`, options, signal)
      return { entries: (await response.json()) as TreeEntry[], next: nextPage(response, page) }
    })
    for (const { type, path, size, oid, lfs } of entries) {
      if (type !== 'file' || path === undefined) continue
      const digest =
        lfs?.oid !== undefined
          ? ({ algorithm: 'sha256', hex: lfs.oid } as const)
          : oid !== undefined
            ? ({ algorithm: 'git-sha1', hex: oid } as const)
            : undefined
      files.push({ path, size: lfs?.size ?? size ?? 0, digest })
    }
    url = next
  }
  return files
}

function nextPage(response: Response, page: string): string | undefined {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1]
  return next === undefined ? undefined : new URL(next, page).href
}
