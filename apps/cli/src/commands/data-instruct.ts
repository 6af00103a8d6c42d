import { formatSettings, type RecordsReport, type StoryFormat, writeRecords } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { type ChatClientFlags, openChatClient } from '../chat-client.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

export interface DataInstructFlags extends StoryFormat, Omit<ChatClientFlags, 'model'> {
  out: string
  seed: number
  summaries?: string
  overwrite?: boolean
  json?: boolean
}

/**
 * Makes records for training on instructions from plain stories.
 *
 * @returns the exit code: 0, or 130 when interrupted (nothing is written; paid replies are kept).
 */
export function dataInstruct(source: string, flags: DataInstructFlags): Promise<number> {
  const { out, seed, summaries: model, overwrite = false } = flags
  return interruptible(
    async signal => {
      const file = fromTyped(out)
      const progress = new ProgressLine()
      const client =
        model === undefined ? undefined : await openChatClient({ ...flags, model }, `${file}.replies`)
      const report = await writeRecords(resolveSource(source), {
        ...formatSettings(flags),
        file,
        seed,
        overwrite,
        ...(client && { summarizer: client }),
        concurrency: flags.concurrency,
        access: access(),
        signal,
        onProgress: ({ stories, bytesRead, bytesTotal }) =>
          progress.update(
            { done: bytesRead, total: bytesTotal },
            () => `${stories.toLocaleString('en')} stories`,
          ),
      }).finally(() => progress.end())
      printReport(report, file)
      if (flags.json) printJson({ file, ...report })
      return 0
    },
    () => print('Interrupted: no file is written. Replies that were paid for are kept for the next time.'),
  )
}

function printReport(report: RecordsReport, file: string): void {
  const { stories, threeWords, features, named, summaries, sentences } = report
  const share = (count: number): string => `${((100 * count) / stories).toFixed(1)} %`
  print(`Wrote ${forDisplay(file)}: ${stories.toLocaleString('en')} records`)
  const most = Object.entries(features).sort((a, b) => b[1] - a[1])
  const parts = [
    `a verb, a noun and an adjective ${share(threeWords)}`,
    ...most.map(([name, times]) => `${name} ${share(times)}`),
    `a name ${share(named)}`,
    `a sentence ${share(sentences)}`,
    `a summary ${share(summaries)}`,
  ]
  print(`Of the stories have: ${parts.join(', ')}`)
  print(`Train on them with: ${commandName()} train --data ${forShell(file)} --instruct`)
}
