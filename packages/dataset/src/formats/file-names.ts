/** The formats that are read, for messages. */
export const formatsRead =
  'text (.txt), JSON lines (.jsonl), a JSON list (.json), CSV (.csv, .tsv), each also with .gz; .parquet; .tar and .tar.gz of these'

const records = /\.(txt|jsonl|ndjson|json|csv|tsv)$/i
const stories = /\.((txt|jsonl|ndjson|json|csv|tsv|tar)(\.gz)?|tgz|parquet)$/i

/** Whether a file in an archive can be read by its name. */
export const isRecordFile = (name: string): boolean => records.test(name)

/** Whether a file of that name can hold stories. */
export const isStoryFile = (name: string): boolean => stories.test(name)

/** The ending of a name, without `.gz`, small; `tar` for `.tgz`. */
export function endingOf(name: string): string | undefined {
  const ending = /\.([^./\\]+)$/.exec(name.replace(/\.gz$/i, ''))?.[1]?.toLowerCase()
  return ending === 'tgz' ? 'tar' : ending
}

/** What an ending says that the package does not read. */
export const unreadable: RegExp =
  /^(arrow|feather|zip|7z|rar|bz2|xz|zst|npy|npz|h5|pkl|safetensors|pdf|docx?|png|jpe?g)$/
