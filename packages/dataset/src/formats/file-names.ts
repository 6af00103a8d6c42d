/** The formats that can be read, for messages. */
export const supportedFormats =
  'text (.txt), JSON lines (.jsonl), a JSON list (.json), CSV (.csv, .tsv), each also with .gz, .zst, .bz2, .xz or .lz4; .parquet, .arrow, .feather; .tar of these, compressed or not'

const stories =
  /\.((txt|jsonl|ndjson|json|csv|tsv|tar)(\.(gz|zst|bz2|xz|lz4))?|tgz|tbz2|txz|parquet|arrow|feather)$/i

/** What lies beside data without being any: what its tools write, and texts about it. */
const about =
  /^(?:\..*|(?:dataset_infos?|dataset_dict|state|config|metadata)\.json|(?:readme|licen[cs]e|copying|notice|authors|changelog|citation|contributing)(?:[._-].*)?)$/i

/** Whether a file of that name can hold stories. */
export function isStoryFile(name: string): boolean {
  return stories.test(name) && !about.test(name.slice(name.lastIndexOf('/') + 1))
}

/** The extension of a name in lower case, those of compressions aside; `tar` for `.tgz` and the like. */
export function extensionOf(name: string): string | undefined {
  const extension = /\.([^./\\]+)$/.exec(name.replace(/\.(gz|zst|bz2|xz|lz4)$/i, ''))?.[1]?.toLowerCase()
  return /^(tgz|tbz2|txz)$/.test(extension ?? '') ? 'tar' : extension
}

/** Extensions of what the package cannot read. */
export const unsupported: RegExp = /^(zip|7z|rar|npy|npz|h5|pkl|safetensors|pdf|docx?|png|jpe?g)$/
