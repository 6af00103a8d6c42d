import { formatSettings, writeParquet } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { flagOf } from '../errors/flag-of.ts'
import { UserError } from '../errors/user-error.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { print } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { cleaningOf, describeCleaning } from './cleaning-flags.ts'
import type { DataPrepareFlags } from './prepare-flags.ts'

/** Flags about tokens and shards, of which a parquet file has none. */
const ofShards = [
  'tokenizer',
  'vocabSize',
  'heldOut',
  'instruct',
  'ood',
  'seed',
  'workers',
  'shardTokens',
] as const

/** Whether `data prepare --out` names a parquet file. */
export const isParquet = (out: string): boolean => /\.parquet$/i.test(out)

/** Writes the stories themselves, cleaned or not, to a parquet file. */
export async function prepareParquet(
  source: string,
  flags: DataPrepareFlags,
  signal: AbortSignal,
): Promise<void> {
  const { out, clean, minWords, overwrite } = flags
  const given = ofShards.find(name => flags[name] !== undefined)
  if (given !== undefined)
    throw new UserError(
      `${flagOf(given)} is about token shards, and --out ${out} is a parquet file of stories.`,
    )
  const file = fromTyped(out)
  const progress = new ProgressLine()
  const report = await writeParquet(resolveSource(source), {
    file,
    overwrite,
    ...formatSettings(flags),
    cleaning: cleaningOf({ clean, minWords }),
    access: access(),
    signal,
    onProgress: ({ stories, bytesRead, bytesTotal }) =>
      progress.update(
        { done: bytesRead, total: bytesTotal },
        () => `${stories.toLocaleString('en')} stories, ${(bytesRead / 1e6).toFixed(0)} MB read`,
      ),
  }).finally(() => progress.end())
  print(`Wrote ${forDisplay(file)}: ${report.stories.toLocaleString('en')} stories`)
  if (report.cleaning !== undefined) print(describeCleaning(report.cleaning))
  print(`Train on it with: ${commandName()} train --data ${forShell(file)}`)
}
