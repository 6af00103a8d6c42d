import type { IncomingMessage, ServerResponse } from 'node:http'

/** A repository of a local hub. */
export interface ServedRepository {
  kind?: 'model' | 'dataset'
  /** Path -> content. Files above 1,000 bytes are listed with a SHA-256 and lie at another origin, as large files do. */
  files: Record<string, Uint8Array | string>
  /** Revisions besides `main`. All stand for the same commit. */
  revisions?: string[]
  /** The token without which it is gated. */
  token?: string
  /** The newest commit, once something was committed. Until then that of the hub. */
  commit?: string
  /** Titles of the commits that were made, the oldest first. */
  commits?: string[]
  private?: boolean
}

/** A request that the hub got. */
export interface HubRequest {
  method: string
  /** `/api/models/...`, or of a file `/owner/name/resolve/...`. */
  path: string
  authorization: string | undefined
  range: string | undefined
  /** It came to the other origin, where large files lie. */
  elsewhere: boolean
}

/**
 * Answers a request instead of the hub; returns false to leave it to the hub.
 *
 * @param content of a file, where one was asked for
 */
export type HubFault = (
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer | undefined,
) => unknown

/** A hub on this machine. */
export interface HubServer {
  endpoint: string
  /** The other origin. */
  storage: string
  /** The commit of every repository. */
  commit: string
  repositories: Record<string, ServedRepository>
  requests: HubRequest[]
  /** The owners that each token may write for. */
  writers: Record<string, string[]>
  /** Large files that were uploaded, by their SHA-256, whether they belong to a commit yet or not. */
  uploads: Map<string, Buffer>
  /** Faults for the next requests whose path includes the text. */
  fault(path: string, ...faults: HubFault[]): void
  close(): Promise<void>
}

/** Files with more bytes are large ones. */
export const largeFile = 1000
