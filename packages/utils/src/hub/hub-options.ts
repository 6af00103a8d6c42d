import type { HttpOptions } from '../http/index.ts'
import type { RetryOptions } from '../retry/index.ts'

/** How far a file has come. */
export interface HubProgress {
  /** Path in the repository. */
  file: string
  bytes: number
  total: number
}

/** How the hub is asked. */
export interface HubOptions extends HttpOptions, Omit<RetryOptions, 'onRetry'> {
  /** Branch, tag or commit. Default: what the address says, or `main`. */
  revision?: string
  /** Access token, for gated and private repositories. It is sent to the hub's own origin only, and never kept. */
  token?: string
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** SHA-256 of files in hexadecimal, by path; other content is refused. */
  sha256?: Readonly<Record<string, string>>
  /** Called as bytes arrive. */
  onProgress?: (progress: HubProgress) => void
}
