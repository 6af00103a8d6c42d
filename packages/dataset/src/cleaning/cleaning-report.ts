import type { Json } from '../stream/json.ts'

/** What cleaning did to a stream, counted in stories but for `repairedSequences`. Each dropped story counts once. */
export interface CleaningReport {
  read: number
  kept: number
  /** Stories whose encoding was repaired (before the other rules, so some of them may be dropped). */
  repaired: number
  /** Broken sequences repaired in them. */
  repairedSequences: number
  /** Dropped: nothing but white space. */
  empty: number
  /** Dropped: fewer words than asked for. */
  short: number
  /** Dropped: stops in the middle. */
  truncated: number
  /** Dropped: characters outside the expected scripts. */
  foreign: number
  /** Dropped: the same as an earlier story. */
  duplicates: number
  /** Dropped: nearly the same as an earlier story. */
  nearDuplicates: number
}

/** A report of nothing. */
export function createCleaningReport(): CleaningReport {
  return {
    read: 0,
    kept: 0,
    repaired: 0,
    repairedSequences: 0,
    empty: 0,
    short: 0,
    truncated: 0,
    foreign: 0,
    duplicates: 0,
    nearDuplicates: 0,
  }
}

/** Puts the counts of a state into a report. */
export function restoreReport(report: CleaningReport, counts: Json | undefined): void {
  Object.assign(report, createCleaningReport(), counts ?? {})
}
