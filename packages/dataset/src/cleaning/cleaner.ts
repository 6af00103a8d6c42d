import { requireInteger } from '../errors/require-options.ts'
import type { CleaningReport } from './cleaning-report.ts'
import { ExactDuplicates } from './exact-duplicates.ts'
import { type NearDuplicateOptions, NearDuplicates } from './near-duplicates.ts'
import { repairEncoding } from './repair-encoding.ts'
import { countWords, isTruncated, type ScriptCheck, scriptCheck } from './story-flaws.ts'

/** What to clean; nothing that is not named is done, but that empty stories are dropped. */
export interface CleaningRules {
  /** Repair text that was read in the wrong encoding, such as `â€œ`; see `repairEncoding`. */
  repair?: boolean
  /** Drop stories of fewer words. */
  minWords?: number
  /** Drop stories that stop in the middle of a sentence. */
  truncated?: boolean
  /** Drop stories with letters outside these Unicode scripts (`['Latin']`), or with control characters or U+FFFD. */
  scripts?: readonly string[]
  /**
   * Drop stories that were there before, white space aside. True: at least the newest 2,000,000 stories are remembered, in at
   * most 68 MB.
   */
  duplicates?: boolean | { remember: number }
  /** Drop stories that are nearly the same as an earlier one, by MinHash. */
  nearDuplicates?: boolean | NearDuplicateOptions
}

/** Changes a story's text, or says undefined to drop it. Counts in the report. */
export type Cleaner = (text: string, report: CleaningReport) => string | undefined

/** The parts of cleaning that need no memory: the same for a story wherever it stands. */
export function repairer({ repair }: CleaningRules): (text: string) => string {
  return text => (repair ? repairEncoding(text).text : text)
}

/** Whether a cleaner's decision depends on the stories before. */
export function remembers({ duplicates, nearDuplicates }: CleaningRules): boolean {
  return (duplicates ?? false) !== false || (nearDuplicates ?? false) !== false
}

/** A cleaner that has seen nothing yet. */
export function createCleaner(rules: CleaningRules): Cleaner {
  const { repair = false, minWords = 0, truncated = false } = rules
  const foreign: ScriptCheck | undefined = rules.scripts && scriptCheck(rules.scripts)
  const exact = exactOf(rules)
  const near = nearOf(rules)
  return (text, report) => {
    report.read++
    let cleaned = text
    if (repair) {
      const { text: better, repaired } = repairEncoding(text)
      cleaned = better
      if (repaired > 0) report.repaired++
      report.repairedSequences += repaired
    }
    if (cleaned.trim() === '') report.empty++
    else if (minWords > 0 && countWords(cleaned) < minWords) report.short++
    else if (truncated && isTruncated(cleaned)) report.truncated++
    else if (foreign?.(cleaned) !== undefined) report.foreign++
    else if (exact && !exact.admit(cleaned)) report.duplicates++
    else if (near && !near.admit(cleaned)) report.nearDuplicates++
    else {
      report.kept++
      return cleaned
    }
    return undefined
  }
}

function exactOf({ duplicates }: CleaningRules): ExactDuplicates | undefined {
  if (!duplicates) return undefined
  const remember = duplicates === true ? 2_000_000 : duplicates.remember
  return new ExactDuplicates(requireInteger('duplicates: remember', remember, 1, 100_000_000))
}

function nearOf({ nearDuplicates }: CleaningRules): NearDuplicates | undefined {
  if (!nearDuplicates) return undefined
  return new NearDuplicates(nearDuplicates === true ? {} : nearDuplicates)
}
