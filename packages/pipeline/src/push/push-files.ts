import { createHash } from 'node:crypto'
import { redactor } from '@tinystories/utils/http'
import { HubError, type HubFile, type HubOptions, openHubRepository } from '@tinystories/utils/hub'
import { TransientError } from '@tinystories/utils/retry'
import type { FileContent } from '../export/export-files.ts'
import { type HubFetchOptions, hubFetch } from './hub-fetch.ts'
import { PushError, type PushStep } from './push-error.ts'

/** Where files are pushed to, and how. */
export interface PushTarget extends HubFetchOptions {
  /** `owner/name`; made where there is none. */
  repository: string
  /** Branch, made from the main one where there is none. Default `main`. */
  revision?: string | undefined
  /** Whether a repository that is made is private. Default false. */
  isPrivate?: boolean
  token: string
  onProgress?: (progress: PushProgress) => void
}

/** How far a file has come; `share` is from 0 to 1. */
export interface PushProgress {
  file: string
  state: 'hashing' | 'uploading'
  share: number
}

/** What a push did. */
export interface Pushed {
  /** The page of the model. */
  url: string
  /** The commit; the one that was there where nothing had changed. */
  commit: string
  /** Paths of the files that the commit brought. */
  sent: string[]
  /** Paths of those that were there already, as they are. */
  unchanged: string[]
}

/** What is used of `@huggingface/hub`. */
interface HubClient {
  createRepo(params: object): Promise<unknown>
  createBranch(params: object): Promise<unknown>
  commitIter(
    params: object,
  ): AsyncGenerator<
    { event: string; path?: string; state?: 'hashing' | 'uploading' | 'error'; progress?: number },
    { commit: { oid: string } } | undefined
  >
}

/**
 * Pushes files to a repository of the hub in one commit: all of them appear or none. Files that are there already as they are
 * are left out, and large ones that were uploaded before, also without a commit, are not sent again.
 *
 * @throws PushError, HubError; the signal's reason
 */
export async function pushFiles(
  files: Readonly<Record<string, FileContent>>,
  target: PushTarget,
): Promise<Pushed> {
  const { repository, revision = 'main', endpoint, token, signal, isPrivate = false } = target
  const client = await loadClient()
  const shared = { repo: repository, hubUrl: endpoint, accessToken: token, fetch: hubFetch(target) }
  let step: PushStep = 'create'
  let exists = false
  let isNew = false
  let sent: typeof contents = []
  const contents = Object.entries(files).map(([path, content]) => ({ path, bytes: bytesOf(content) }))
  const pushed = (commit: string): Pushed => {
    const url = `${endpoint}/${repository}${revision === 'main' ? '' : `/tree/${encodeURIComponent(revision)}`}`
    const unchanged = contents.filter(file => !sent.includes(file))
    return { url, commit, sent: sent.map(({ path }) => path), unchanged: unchanged.map(({ path }) => path) }
  }
  try {
    try {
      await client.createRepo({ ...shared, visibility: isPrivate ? 'private' : 'public' })
      isNew = true
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      exists = true
    }
    const remote = await openBranch(client, shared, { ...target, revision })
    sent = contents.filter(({ path, bytes }) => !isSame(remote.find(path), bytes))
    if (sent.length === 0) return pushed(remote.commit)
    step = 'upload'
    const commit = client.commitIter({
      ...shared,
      title: `Upload ${sent.length === 1 ? sent[0]!.path : `${sent.length} files`} with TinyStories for TypeScript`,
      branch: revision,
      parentCommit: remote.commit,
      // Plain uploads: the chunks of Xet save nothing where all weights change at once.
      useXet: false,
      abortSignal: signal,
      operations: sent.map(({ path, bytes }) => ({
        operation: 'addOrUpdate',
        path,
        content: new Blob([bytes as Uint8Array<ArrayBuffer>]),
      })),
    })
    for (;;) {
      const next = await commit.next()
      if (next.done) return pushed(next.value!.commit.oid)
      const { event, path, state, progress = 0 } = next.value
      if (event === 'phase' && 'phase' in next.value && next.value.phase === 'committing') step = 'commit'
      if (path !== undefined && state !== undefined && state !== 'error')
        target.onProgress?.({ file: path, state, share: progress })
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (step === 'commit' && isUncertain(error)) {
      const commit = await findCommit(sent, client, shared, { ...target, revision }, error)
      if (commit !== undefined) return pushed(commit)
    }
    throw toPushError(error, { ...target, revision, step, exists, isNew, bytes: sizeOf(files) })
  }
}

/** Whether a commit may have been made although it seems to have failed: its answer was lost, or comes from a proxy. */
function isUncertain(error: unknown): boolean {
  const status = statusOf(error)
  return status === undefined ? !PushError.isInstance(error) : status === 408 || status >= 500
}

/** The commit of a branch that has all files. @throws PushError `uncertain` where the hub cannot be asked */
async function findCommit(
  files: readonly { path: string; bytes: Uint8Array }[],
  client: HubClient,
  shared: object,
  target: PushTarget & { revision: string },
  cause: unknown,
): Promise<string | undefined> {
  const { repository, revision, signal } = target
  try {
    const { commit, find } = await openBranch(client, shared, target)
    return files.every(({ path, bytes }) => isSame(find(path), bytes)) ? commit : undefined
  } catch {
    signal?.throwIfAborted()
    throw new PushError('uncertain', { repository, revision }, { cause })
  }
}

async function loadClient(): Promise<HubClient> {
  const name = '@huggingface/hub'
  try {
    return (await import(name)) as HubClient
  } catch (error) {
    throw new PushError('no-hub-client', { package: name }, { cause: error })
  }
}

/** The branch as it is now. */
async function openBranch(
  client: HubClient,
  shared: object,
  { repository, revision, ...options }: PushTarget & { revision: string },
): Promise<{ commit: string; find(path: string): HubFile | undefined }> {
  const { token, endpoint, fetch, retries, sleep, signal, timeout } = options
  const hub: HubOptions = {
    token,
    endpoint,
    revision,
    ...(fetch && { fetch }),
    ...(retries !== undefined && { retries }),
    ...(timeout !== undefined && { timeout }),
    ...(sleep && { sleep }),
    ...(signal && { signal }),
  }
  try {
    return await openHubRepository(repository, hub)
  } catch (error) {
    if (!HubError.isInstance(error) || error.code !== 'no-revision') throw error
    await client.createBranch({ ...shared, branch: revision })
    return openHubRepository(repository, hub)
  }
}

function bytesOf(content: FileContent): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : Buffer.concat(content)
}

function sizeOf(files: Readonly<Record<string, FileContent>>): number {
  return Object.values(files).reduce((sum, content) => sum + bytesOf(content).length, 0)
}

function isSame(file: HubFile | undefined, bytes: Uint8Array): boolean {
  if (file?.size !== bytes.length) return false
  const { algorithm, hex } = file.digest
  const hash =
    algorithm === 'sha256'
      ? createHash('sha256').update(bytes)
      : createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes)
  return hash.digest('hex') === hex
}

/** Of an error of the client. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined
}

function toPushError(
  error: unknown,
  place: PushTarget & { revision: string; step: PushStep; exists: boolean; isNew: boolean; bytes: number },
): unknown {
  const { repository, revision, endpoint, step, exists, isNew, bytes } = place
  const cause = { cause: error }
  if (TransientError.isInstance(error))
    return new PushError('unreachable', { repository, endpoint, reason: error.problem, isNew }, cause)
  const status = statusOf(error)
  if (status === undefined) {
    if (error instanceof Error && !('details' in error))
      return new PushError('invalid-reply', { repository, endpoint, isNew }, cause)
    return error
  }
  if (status === 401) return new PushError('unauthorized', { repository, endpoint }, cause)
  if (status === 403) return new PushError('forbidden', { repository, endpoint, exists }, cause)
  if (status === 413) return new PushError('too-large', { repository, bytes, isNew }, cause)
  if (step === 'commit' && (status === 409 || status === 412))
    return new PushError('changed-meanwhile', { repository, revision, isNew }, cause)
  return new PushError(
    'refused',
    { repository, step, status, reason: reasonOf(error, place.token), isNew },
    cause,
  )
}

/** What the hub itself says, in a few words and without the token. */
function reasonOf(error: unknown, token: string): string {
  const { data } = error as { data?: { error?: unknown; message?: unknown } }
  const said = data?.error
  return typeof said === 'string' ? redactor([token])(said).replace(/\s+/g, ' ').trim().slice(0, 200) : ''
}
