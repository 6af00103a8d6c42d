/** What stands for stories on the command line, in every help that asks for them. */
export const sourceHelp =
  'a file (.txt, .jsonl, .json, .csv, each also .gz; .parquet; .tar.gz; TinyStories-Instruct in any of them), its https:// address, hf://owner/name[/file], or sample'

/** The flag `--separator` of every command that reads stories. */
export const separatorFlag = [
  '--separator <text>',
  'what stands between stories of a .txt (default: <|endoftext|>; "": blank lines)',
] as const
