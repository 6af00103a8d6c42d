import type { CleaningReport, CleaningRules } from '@tinystories/dataset'
import { InvalidArgumentError } from 'commander'

/** The rules of `--clean`, and what each means. */
const rulesByName = {
  repair: { repair: true },
  short: { minWords: 30 },
  truncated: { truncated: true },
  scripts: { scripts: ['Latin'] },
  duplicates: { duplicates: true },
  'near-duplicates': { nearDuplicates: true },
} satisfies Record<string, CleaningRules>

export const cleaningNames: readonly string[] = Object.keys(rulesByName)

/** Rules by name, separated by commas, for commander. */
export function parseCleaning(text: string): CleaningRules {
  const rules: CleaningRules = {}
  for (const name of text.split(',').map(part => part.trim())) {
    if (!Object.hasOwn(rulesByName, name)) {
      throw new InvalidArgumentError(`"${name}" is no rule. Rules: ${cleaningNames.join(', ')}.`)
    }
    Object.assign(rules, rulesByName[name as keyof typeof rulesByName])
  }
  return rules
}

/** The rules that the flags mean; undefined for none. */
export function cleaningOf({
  clean,
  minWords,
}: {
  clean?: CleaningRules | true
  minWords?: number
}): CleaningRules | undefined {
  const rules = clean === true ? parseCleaning(cleaningNames.join()) : clean
  if (minWords === undefined) return rules
  return { ...rules, minWords }
}

/** What was done, in a line. */
export function describeCleaning(report: CleaningReport): string {
  const dropped: [number, string][] = [
    [report.empty, 'empty'],
    [report.short, 'short'],
    [report.truncated, 'truncated'],
    [report.foreign, 'of other scripts'],
    [report.duplicates, 'duplicates'],
    [report.nearDuplicates, 'near duplicates'],
  ]
  const parts = dropped
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count.toLocaleString('en')} ${name}`)
  const repaired =
    report.repaired === 0
      ? ''
      : `; repaired ${report.repairedSequences.toLocaleString('en')} broken characters in ${report.repaired.toLocaleString('en')} stories`
  return `Cleaned: kept ${report.kept.toLocaleString('en')} of ${report.read.toLocaleString('en')} stories; dropped ${parts.length === 0 ? 'none' : parts.join(', ')}${repaired}`
}
