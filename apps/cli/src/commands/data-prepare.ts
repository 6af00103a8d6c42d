import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  type CleaningRules,
  cleanStories,
  createCleaningReport,
  openTokenShards,
  type Story,
  type StoryStream,
  splitStories,
  type TokenShardIndex,
} from '@tinystories/dataset'
import type { Tokenizer } from '@tinystories/tokenizer'
import { cleaningOf, describeCleaning } from '../data/cleaning-flags.ts'
import { DoneParts } from '../data/done-parts.ts'
import { identityOf, writeShardFolder } from '../data/write-shard-folder.ts'
import { interruptible } from '../interrupts.ts'
import { openSource, resolveSource } from '../open-source.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { formatDuration } from '../progress.ts'
import { ProgressLine } from '../progress-line.ts'
import { loadTokenizer, trainTokenizer } from '../train/open-data.ts'
import { UserError } from '../user-error.ts'
import { vocabularyProgress } from '../vocabulary-progress.ts'

export interface DataPrepareFlags {
  out: string
  tokenizer?: string
  vocabSize?: number
  heldOut?: number
  separator?: string
  clean?: CleaningRules | true
  minWords?: number
  workers?: number
  shardTokens?: number
  overwrite?: boolean
}

/**
 * Tokenises stories into token shards.
 *
 * @returns the exit code: 0, or 130 when interrupted (finished shards are kept, the same command goes on).
 */
export function dataPrepare(source: string, flags: DataPrepareFlags): Promise<number> {
  return interruptible(
    signal => prepare(source, flags, signal),
    () => console.log('Interrupted. What is finished is kept: the same command goes on behind it.'),
  )
}

async function prepare(source: string, flags: DataPrepareFlags, signal: AbortSignal): Promise<number> {
  const began = performance.now()
  const out = fromTyped(flags.out)
  const resolved = resolveSource(source)
  const opened = openSource(resolved, flags.separator === undefined ? {} : { separator: flags.separator })
  const cleaning = cleaningOf(flags)
  const report = createCleaningReport()
  const stories = cleaning ? cleanStories(opened, { ...cleaning, report }) : opened
  const parts = partsOf(stories, out, flags.heldOut)
  if (parts.length === 1 && !flags.overwrite) await refuseFinished(out)
  const progress = new ProgressLine()
  try {
    const tokenizer = await tokenizerFor(parts[0]!.stories, flags, { signal, progress })
    const done = parts.length === 1 ? undefined : await doneParts(out, resolved, tokenizer, flags)
    for (const part of parts) {
      if (await done?.has(part.folder)) continue
      const index = await writeShardFolder({
        stories: part.stories,
        tokenizer,
        folder: part.folder,
        source: resolved,
        options: flags,
        signal,
        onProgress: ({ stories, tokens, bytesRead, bytesTotal }) =>
          progress.update(
            { done: bytesRead, total: bytesTotal },
            () =>
              `${part.name}${stories.toLocaleString('en')} stories, ${tokens.toLocaleString('en')} tokens, ${(bytesRead / 1e6).toFixed(0)} MB read`,
          ),
      })
      progress.end()
      tellIndex(part.folder, index)
      // Each part is sifted out of all stories, so one report tells all.
      if (cleaning && part === parts.at(-1)) console.log(describeCleaning(report))
    }
    await done?.finish()
    const seconds = (performance.now() - began) / 1000
    console.log(
      `Done in ${seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(seconds)}. Train on it with:`,
    )
    console.log(`  ${commandName()} train --data ${forShell(out)}`)
    return 0
  } finally {
    progress.end()
  }
}

/** Said before a vocabulary is trained for nothing. */
async function refuseFinished(folder: string): Promise<void> {
  const finished = await openTokenShards(folder)
    .index()
    .catch(() => undefined)
  if (finished === undefined) return
  throw new UserError(
    `--out: ${forDisplay(folder)} holds finished token shards already. Choose another folder, or replace them with --overwrite.`,
  )
}

async function doneParts(
  out: string,
  source: string,
  tokenizer: Tokenizer,
  { heldOut, separator, shardTokens, overwrite, clean, minWords }: DataPrepareFlags,
): Promise<DoneParts> {
  const settings = JSON.stringify([
    tokenizer.toJSON(),
    heldOut,
    separator,
    shardTokens,
    overwrite,
    clean,
    minWords,
  ])
  const hash = createHash('sha256').update(`${await identityOf(source)} ${settings}`)
  return DoneParts.open(out, hash.digest('hex'))
}

interface Part {
  stories: StoryStream<Story>
  folder: string
  /** For the progress line. */
  name: string
}

function partsOf(stories: StoryStream, out: string, heldOut: number | undefined): Part[] {
  if (heldOut === undefined) return [{ stories, folder: out, name: '' }]
  const split = splitStories(stories, { heldOut })
  return [
    { stories: split.train, folder: join(out, 'train'), name: 'train: ' },
    { stories: split.heldOut, folder: join(out, 'held-out'), name: 'held-out: ' },
  ]
}

/** The one named, or one trained on the stories: the same stories and size give the same one again. */
async function tokenizerFor(
  stories: StoryStream,
  { tokenizer, vocabSize }: DataPrepareFlags,
  { signal, progress }: { signal: AbortSignal; progress: ProgressLine },
): Promise<Tokenizer> {
  if (!(await hasStory(stories, signal))) {
    throw new UserError('No story is left to tokenise: --clean or --min-words dropped all. Ask for less.')
  }
  if (tokenizer !== undefined) return loadTokenizer(fromTyped(tokenizer))
  const trained = await trainTokenizer(stories, vocabSize, { signal, ...vocabularyProgress(progress) })
  progress.end()
  console.log(`Trained a vocabulary of ${trained.vocabSize.toLocaleString('en')} pieces`)
  return trained
}

async function hasStory(stories: StoryStream, signal: AbortSignal): Promise<boolean> {
  for await (const _ of stories.take(1).iterate({ signal })) return true
  return false
}

function tellIndex(folder: string, { stories, tokens, bytes, dtype, shards }: TokenShardIndex): void {
  const count = shards.length === 1 ? '1 shard' : `${shards.length} shards`
  console.log(
    `Wrote ${forDisplay(folder)}: ${stories.toLocaleString('en')} stories, ${tokens.toLocaleString('en')} tokens (${dtype}), ${bytes.toLocaleString('en')} bytes of text, ${count}`,
  )
}
