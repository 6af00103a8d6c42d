import type { TokenShardIndex } from '@tinystories/dataset'
import { type PrepareEvent, prepareShards } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { cleaningOf, describeCleaning } from '../data/cleaning-flags.ts'
import type { DataPrepareFlags } from '../data/prepare-flags.ts'
import { isParquet, prepareParquet } from '../data/prepare-parquet.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { formatDuration } from '../terminal/progress.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { showVocabulary } from '../terminal/vocabulary-progress.ts'
import { instructOption } from '../train/instruct-option.ts'

/**
 * Tokenizes stories into token shards, or writes them as they are where `out` is a parquet file.
 *
 * @returns the exit code: 0, or 130 when interrupted (finished shards are kept, the same command continues).
 */
export function dataPrepare(source: string, flags: DataPrepareFlags): Promise<number> {
  if (isParquet(flags.out)) {
    return interruptible(
      async signal => {
        await prepareParquet(source, flags, signal)
        return 0
      },
      () => print('Interrupted. Nothing was written; the same command starts again.'),
    )
  }
  return prepareTokens(source, flags)
}

function prepareTokens(
  source: string,
  { out, tokenizer, clean, minWords, instruct, json, ...flags }: DataPrepareFlags,
): Promise<number> {
  return interruptible(
    async signal => {
      const began = performance.now()
      const folder = fromTyped(out)
      const progress = new ProgressLine()
      const written: object[] = []
      await prepareShards(resolveSource(source), {
        ...flags,
        ...instructOption({ instruct }),
        folder,
        tokenizer: tokenizer === undefined ? undefined : fromTyped(tokenizer),
        cleaning: cleaningOf({ clean, minWords }),
        access: access(),
        signal,
        onEvent(event) {
          if (event.type === 'written') written.push({ folder: event.folder, ...event.index })
          report(event, progress)
        },
      }).finally(() => progress.end())
      const seconds = (performance.now() - began) / 1000
      print(
        `Done in ${seconds < 10 ? `${seconds.toFixed(1)} s` : formatDuration(seconds)}. Train on it with:`,
      )
      print(`  ${commandName()} train --data ${forShell(folder)}`)
      if (json) printJson({ source, seconds, folders: written })
      return 0
    },
    () => print('Interrupted. What is finished is kept: the same command continues after it.'),
  )
}

function report(event: PrepareEvent, progress: ProgressLine): void {
  switch (event.type) {
    case 'vocabulary':
      showVocabulary(progress, event)
      return
    case 'progress': {
      const { part, stories, tokens, bytesRead, bytesTotal } = event
      progress.update(
        { done: bytesRead, total: bytesTotal },
        () =>
          `${part === '' ? '' : `${part}: `}${stories.toLocaleString('en')} stories, ${tokens.toLocaleString('en')} tokens, ${(bytesRead / 1e6).toFixed(0)} MB read`,
      )
      return
    }
    default:
      progress.end()
      print(describe(event))
  }
}

function describe(event: Exclude<PrepareEvent, { type: 'vocabulary' | 'progress' }>): string {
  switch (event.type) {
    case 'trained':
      return `Trained a vocabulary of ${event.vocabSize.toLocaleString('en')} pieces`
    case 'written':
      return describeShards(event.folder, event.index)
    case 'cleaned':
      return describeCleaning(event.report)
  }
}

function describeShards(
  folder: string,
  { stories, tokens, bytes, dtype, shards, instruct }: TokenShardIndex,
): string {
  const count = shards.length === 1 ? '1 shard' : `${shards.length} shards`
  return `Wrote ${forDisplay(folder)}: ${stories.toLocaleString('en')} stories, ${tokens.toLocaleString('en')} tokens (${dtype}), ${bytes.toLocaleString('en')} bytes of text, ${count}${instruct ? ', with instructions' : ''}`
}
