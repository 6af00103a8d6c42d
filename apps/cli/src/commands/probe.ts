import { type ProbeResult, runProbes, summarizeProbes } from '@tinystories/interpret/probes'
import { openModel, scoreEndings } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { forDisplay, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

/** Probes a model. @returns the exit code: 0, or 130 when interrupted */
export function probe(source: string | undefined, { json }: { json?: boolean }): Promise<number> {
  return interruptible(async signal => {
    await using model = await openModel(modelSource(source), { ...access(), signal })
    const progress = new ProgressLine()
    const results = await runProbes((prompt, endings) => scoreEndings(model, prompt, endings), {
      signal,
      onProgress: ({ done, total }) => progress.update({ done, total }, () => `probe ${done} of ${total}`),
    }).finally(() => progress.end())
    if (json) {
      printJson({ model: model.folder, probes: results })
      return 0
    }
    print(`Model: ${forDisplay(model.folder)}`)
    print('Share of items with the right ending likeliest, in percent with 95 % intervals:')
    const kinds = [...new Set(results.map(({ kind }) => kind))]
    for (const kind of kinds) {
      print(line(kind, summarizeProbes(results, kind)))
      const phenomena = results.filter(result => result.kind === kind)
      if (phenomena.length > 1) for (const each of phenomena) print(line(`  ${each.phenomenon}`, each))
    }
    return 0
  })
}

function line(name: string, { accuracy, interval, chance, items, skipped }: ProbeResult): string {
  const left = skipped === 0 ? '' : `, ${skipped} longer than the context`
  if (items === 0) return `${name.padEnd(34)}   -  no items${left}`
  const [share, low, high, luck] = [accuracy, ...interval, chance].map(value => (100 * value).toFixed(0))
  return `${name.padEnd(34)} ${share!.padStart(3)}  (${low} to ${high})  chance ${luck}, ${items} items${left}`
}
