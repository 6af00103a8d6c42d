import { type Command, Option } from 'commander'
import { decimal } from './parse-flags.ts'

/** What stands for stories on the command line, in every help that asks for them. */
export const sourceHelp =
  'a file (.txt, .jsonl, .json, .csv, each also .gz, .zst, .bz2, .xz or .lz4; .parquet, .arrow, .feather; .tar.gz; TinyStories-Instruct in any of them), several by a quoted pattern such as "stories/*.txt", a https:// address, hf://owner/name[/file], or sample'

/** Adds the flags that say how the stories of a source are read; they are a `StoryFormat`. */
export function addSourceFlags(command: Command): Command {
  return command
    .option(
      '--separator <text>',
      'what separates the stories of a .txt (default: <|endoftext|>; "": blank lines)',
    )
    .option(
      '--text-field <name>',
      'field or column of a .jsonl, .json, .csv or .parquet that holds the story (default: text, story, content, completion, response, output, messages)',
    )
    .addOption(
      new Option(
        '--format <name>',
        'format of the file; lines: one story a line (default: detected from its name and content)',
      ).choices(['text', 'lines', 'jsonl', 'json', 'csv']),
    )
    .option(
      '--encoding <name>',
      'encoding of the text, such as windows-1252 (default: UTF-8, or UTF-16 where the file says so)',
    )
    .option('--delimiter <character>', 'of a .csv: what stands between fields (default: detected)')
    .option('--quote <character>', 'of a .csv: what stands around fields; "": nothing does (default: ")')
    .option(
      '--columns <names>',
      'of a .csv without a row of names: its columns, separated by commas',
      names => names.split(','),
    )
}

/** The flag `--held-out`. */
export function heldOutFlag(help: string): Option {
  return new Option('--held-out <share>', help).argParser(decimal(0, 0.9, { above: true }))
}
