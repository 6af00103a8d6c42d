import type { HttpOptions } from '../bytes/http-bytes.ts'
import type { Split } from './choose-files.ts'

/** How far a download has come. */
export interface DownloadProgress {
  /** Path in the repository. */
  file: string
  bytes: number
  total: number
}

/** Options of `hf://` addresses. */
export interface HubOptions extends Omit<HttpOptions, 'headers'> {
  /** Folder where downloaded files are kept. Needed for `hf://`; there is no default, so nothing is written unasked. */
  cacheDir?: string
  /** The part to read when the address names no file. Default `train`. */
  split?: Split
  /** Access token of the hub, for gated and private data sets. It is sent to the hub only. */
  token?: string
  /** Address of the hub. Default `https://huggingface.co`. */
  endpoint?: string
  /** Called as a download proceeds. */
  onDownload?: (progress: DownloadProgress) => void
}
