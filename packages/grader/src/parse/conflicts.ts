import type { Rubric } from '../rubric/rubric.ts'
import type { ParsedScores } from './parsed-scores.ts'
import { problemAt, type Reading, type ScoreProblem, type ScoreProblemReason } from './score-problem.ts'

/** All that a reply says about the criteria, and what follows from it where it says several things. */
export class Found {
  readonly #rubric: Rubric
  readonly #readings = new Map<string, Reading[]>()
  readonly #unread = new Map<string, ScoreProblem>()

  constructor(rubric: Rubric) {
    this.#rubric = rubric
  }

  /** How many criteria are named. */
  get names(): number {
    return this.#readings.size
  }

  get all(): Reading[] {
    return [...this.#readings.values()].flat()
  }

  of(name: string): readonly Reading[] {
    return this.#readings.get(name) ?? []
  }

  add(name: string, reading: Reading | undefined): void {
    if (reading) this.#readings.set(name, [...this.of(name).slice(-7), reading])
  }

  /** Notes why a part of the reply that names the criterion was not read. */
  addUnread(name: string, reason: ScoreProblemReason, words: string): void {
    if (!this.#unread.has(name)) this.#unread.set(name, { reason, found: words.trim().slice(0, 80) })
  }

  /** Turns values that a test finds doubtful into problems. */
  check(isDoubtful: (reading: Reading) => boolean, reason: ScoreProblemReason): void {
    for (const [name, list] of this.#readings)
      this.#readings.set(
        name,
        list.map(each => (each.kind === 'value' && isDoubtful(each) ? problemAt(reason, each) : each)),
      )
  }

  result({ text, hasPlaces, final }: { text: string; hasPlaces: boolean; final: number }): ParsedScores {
    const result: ParsedScores = { scores: {}, problems: {}, places: {} }
    const excerpt = ({ start, end, found }: Reading): string =>
      (found ?? text.slice(start, end)).trim().slice(0, 80)
    for (const { name } of this.#rubric.criteria) {
      const all = this.of(name)
      const last = all.filter(({ kind, start }) => kind === 'value' && start >= final)
      const readings = last.length > 0 ? all.filter(({ start }) => start >= final) : all
      const values = readings.filter(reading => reading.kind === 'value')
      const [first] = values
      const doubt = readings.find(
        each =>
          each.kind === 'problem' &&
          blocking.has(each.reason) &&
          // Where a repeated answer is cut, the first one stands.
          !(each.reason === 'cut' && first && excerpt(first).startsWith(excerpt(each))),
      )
      const problem = doubt ?? readings.find(({ kind }) => kind === 'problem')
      if (first && values.some(({ value }) => value !== first.value)) {
        const words = [...new Set(values.map(excerpt))].join(' | ').slice(0, 80)
        result.problems[name] = { reason: 'conflict', found: words }
      } else if (first && doubt) {
        result.problems[name] = {
          reason: 'conflict',
          found: `${excerpt(first)} | ${excerpt(doubt)}`.slice(0, 80),
        }
      } else if (first) {
        result.scores[name] = first.value
        if (hasPlaces) result.places[name] = { start: first.start, end: first.end }
      } else if (problem?.kind === 'problem') {
        result.problems[name] = { reason: problem.reason, found: excerpt(problem) }
      } else result.problems[name] = this.#unread.get(name) ?? { reason: 'missing', found: '' }
    }
    return result
  }
}

/** Problems that make another, clear reading of the same criterion doubtful. */
const blocking = new Set<ScoreProblemReason>(['out-of-range', 'other-scale', 'ambiguous', 'conflict', 'cut'])

/** Where the answer that is called final begins; 0 without one. */
export function finalPart(text: string): number {
  const heading =
    /^[\s>(-]{0,8}(?:(?:my|the)\s+)?final(?:\s+(?:scores?|grades?|marks?|answer|ratings?|verdict|result|evaluation|assessment))?\s{0,4}[:\n]/gim
  return [...text.matchAll(heading)].at(-1)?.index ?? 0
}
