/** The formats that can be read, for messages. */
export const supportedFormats =
  'text (.txt), JSON lines (.jsonl), a JSON list (.json), CSV (.csv, .tsv), each also with .gz or .zst; .parquet; .tar, .tar.gz and .tar.zst of these'

const stories = /\.((txt|jsonl|ndjson|json|csv|tsv|tar)(\.gz|\.zst)?|tgz|parquet)$/i

/** What lies beside data without being any: what its tools write, and texts about it. */
const about =
  /^(?:\..*|(?:dataset_infos?|dataset_dict|state|config|metadata)\.json|(?:readme|licen[cs]e|copying|notice|authors|changelog|citation|contributing)(?:[._-].*)?)$/i

/** Whether a file of that name can hold stories. */
export function isStoryFile(name: string): boolean {
  return stories.test(name) && !about.test(name.slice(name.lastIndexOf('/') + 1))
}

/** The extension of a name in lower case, `.gz` and `.zst` aside; `tar` for `.tgz`. */
export function extensionOf(name: string): string | undefined {
  const extension = /\.([^./\\]+)$/.exec(name.replace(/\.(gz|zst)$/i, ''))?.[1]?.toLowerCase()
  return extension === 'tgz' ? 'tar' : extension
}

/** Extensions of what the package cannot read. */
export const unsupported: RegExp =
  /^(arrow|feather|zip|7z|rar|npy|npz|h5|pkl|safetensors|pdf|docx?|png|jpe?g)$/
