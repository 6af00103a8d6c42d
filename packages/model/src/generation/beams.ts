/** A text that is read next: a new one, or one that continues a text of the step before. */
export interface BeamRow {
  /** Index of the row of the step before that it continues. */
  parent?: number
  /** Its next tokens: the prompt of a new text, else one token. */
  ids: readonly number[]
  /** Tokens whose log-probabilities are wanted besides the most probable ones. */
  wanted?: readonly number[]
}

/** What may come next in a row. */
export interface BeamCandidates {
  /** The most probable tokens, most probable first. */
  ids: number[]
  /** Their natural-log probabilities. */
  logProbabilities: number[]
  /** Natural-log probabilities of the tokens wanted. */
  wanted: number[]
}

/** Reads many texts that branch from each other, on one engine. */
export interface BeamReader {
  /** Most rows that it reads together. */
  readonly maxRows: number
  /**
   * Reads rows; those of the step before that none continues are forgotten.
   *
   * @param count candidates for each row
   */
  read(rows: readonly BeamRow[], count: number): Promise<BeamCandidates[]>
  dispose(): void
}

/** How beams are searched; all that a thread needs to know. */
export interface BeamSettings {
  beams: number
  count: number
  lengthPenalty: number
  earlyStopping: boolean | 'never'
  maxTokens: number
  stopIds: readonly number[]
  /** Tokens that the text must hold, one after the other, before it may end. */
  phrase?: RequiredPhrase
}

/** Tokens that a text must hold. */
export interface RequiredPhrase {
  ids: readonly number[]
  /** Tokens that must not follow them, such as those that would make another word of it. */
  notAfter: readonly number[]
}

/** A text that a beam search found. */
export interface BeamResult {
  /** Generated tokens, a stop token at the end included. */
  ids: number[]
  logProbabilities: number[]
  /** Sum of the log-probabilities over their number to the power of the length penalty. */
  score: number
}

interface Hypothesis extends BeamResult {
  sum: number
  /** Index among the beams of the step before. */
  parent: number
}

/**
 * Beam search for one prompt, step by step. The rules are those of `generate(num_beams)` of transformers: of the best
 * `(stop tokens + 1) * beams` continuations (at least two for each beam) the best `beams` may finish, and the best `beams`
 * that do not end continue.
 */
class BeamSearch {
  readonly #settings: BeamSettings
  readonly #stopIds: ReadonlySet<number>
  #running: Hypothesis[] = [{ ids: [], logProbabilities: [], sum: 0, score: 0, parent: 0 }]
  #finished: Hypothesis[] = []
  #isDone = false

  constructor(settings: BeamSettings) {
    this.#settings = settings
    this.#stopIds = new Set(settings.stopIds)
  }

  get isDone(): boolean {
    return this.#isDone
  }

  /** Nothing in particular. */
  wanted(_beam: number): readonly number[] {
    return []
  }

  /** The beams, best first: each continues one of the step before with its last token. */
  get running(): readonly Hypothesis[] {
    return this.#running
  }

  /** The finished texts, best first. */
  get results(): BeamResult[] {
    const { count } = this.#settings
    return this.#finished.slice(0, count).map(({ ids, logProbabilities, score }) => ({
      ids,
      logProbabilities,
      score,
    }))
  }

  /** @param candidates of each beam that is running */
  advance(candidates: readonly BeamCandidates[]): void {
    const { beams, lengthPenalty, earlyStopping, maxTokens } = this.#settings
    const continuations = this.#running
      .flatMap((beam, parent) =>
        candidates[parent]!.ids.map((id, rank) => ({
          parent,
          id,
          logProbability: candidates[parent]!.logProbabilities[rank]!,
          sum: beam.sum + candidates[parent]!.logProbabilities[rank]!,
        })),
      )
      .sort((a, b) => b.sum - a.sum)
      .slice(0, candidateCount(this.#settings))
    const length = this.#running[0]!.ids.length + 1
    const ends = (id: number): boolean => length === maxTokens || this.#stopIds.has(id)
    const extend = ({ parent, id, logProbability, sum }: (typeof continuations)[number]): Hypothesis => ({
      parent,
      sum,
      score: sum / length ** lengthPenalty,
      ids: [...this.#running[parent]!.ids, id],
      logProbabilities: [...this.#running[parent]!.logProbabilities, logProbability],
    })
    const ended = continuations.slice(0, beams).filter(({ id }) => ends(id))
    const going = continuations.filter(({ id }) => !ends(id)).slice(0, beams)
    this.#finished = [...this.#finished, ...ended.map(extend)]
      .sort((a, b) => b.score - a.score)
      .slice(0, beams)
    this.#running = going.map(extend)
    const isFull = this.#finished.length === beams
    const [best] = this.#running
    if (best === undefined) this.#isDone = true
    else if (isFull) this.#isDone = earlyStopping === true || !this.#mayImprove(best.sum, length)
  }

  /** Whether a text that is not finished may still become better than the worst finished one. */
  #mayImprove(sum: number, length: number): boolean {
    const { earlyStopping, lengthPenalty, maxTokens } = this.#settings
    const longest = earlyStopping === 'never' && lengthPenalty > 0 ? maxTokens : length
    return sum / longest ** lengthPenalty > this.#finished.at(-1)!.score
  }
}

interface PhraseHypothesis extends Hypothesis {
  /** Tokens of the phrase that it has. */
  matched: number
}

/**
 * Grid beam search (Hokamp and Liu, 2017): for each number of matched tokens of a phrase the best beams of their own, so
 * that texts with the phrase need not compete with those that have not begun it. A text ends only after the phrase.
 */
class PhraseSearch {
  readonly #settings: BeamSettings
  readonly #phrase: RequiredPhrase
  readonly #stopIds: ReadonlySet<number>
  readonly #notAfter: ReadonlySet<number>
  #running: PhraseHypothesis[] = [{ ids: [], logProbabilities: [], sum: 0, score: 0, parent: 0, matched: 0 }]
  #finished: PhraseHypothesis[] = []
  #isDone = false

  constructor(settings: BeamSettings, phrase: RequiredPhrase) {
    this.#settings = settings
    this.#phrase = phrase
    this.#stopIds = new Set(settings.stopIds)
    this.#notAfter = new Set(phrase.notAfter)
  }

  get isDone(): boolean {
    return this.#isDone
  }

  get running(): readonly PhraseHypothesis[] {
    return this.#running
  }

  get results(): BeamResult[] {
    return this.#finished
      .slice(0, this.#settings.count)
      .map(({ ids, logProbabilities, score }) => ({ ids, logProbabilities, score }))
  }

  /** The next token of the phrase. */
  wanted(beam: number): readonly number[] {
    return this.#phrase.ids.slice(this.#running[beam]!.matched).slice(0, 1)
  }

  advance(candidates: readonly BeamCandidates[]): void {
    const { beams, lengthPenalty, maxTokens } = this.#settings
    const whole = this.#phrase.ids.length
    const grown: PhraseHypothesis[] = []
    const length = this.#running[0]!.ids.length + 1
    for (const [parent, beam] of this.#running.entries()) {
      const extend = (id: number, logProbability: number, matched: number): void => {
        const sum = beam.sum + logProbability
        const score = sum / length ** lengthPenalty
        const logProbabilities = [...beam.logProbabilities, logProbability]
        grown.push({ parent, sum, score, matched, ids: [...beam.ids, id], logProbabilities })
      }
      const { ids, logProbabilities, wanted } = candidates[parent]!
      const [next] = this.wanted(parent)
      if (next !== undefined) extend(next, wanted[0]!, beam.matched + 1)
      // In the middle of the phrase nothing else may come.
      if (beam.matched > 0 && beam.matched < whole) continue
      const justMatched = beam.matched === whole && beam.ids.at(-1) === this.#phrase.ids.at(-1)
      for (const [rank, id] of ids.entries()) {
        const mayFollow = !(justMatched && this.#notAfter.has(id)) && id !== next
        const mayEnd = beam.matched === whole || !this.#stopIds.has(id)
        if (mayFollow && mayEnd) extend(id, logProbabilities[rank]!, beam.matched)
      }
    }
    const ended = grown.filter(({ matched, ids }) => matched === whole && this.#stopIds.has(ids.at(-1)!))
    this.#finished = [...this.#finished, ...ended].sort((a, b) => b.score - a.score).slice(0, beams)
    this.#running = Array.from({ length: whole + 1 }, (_, matched) =>
      grown
        .filter(each => each.matched === matched && !ended.includes(each))
        .sort((a, b) => b.sum - a.sum)
        .slice(0, beams),
    ).flat()
    // The first texts that end are short ones that the phrase was pressed into: better ones take longer.
    this.#isDone = length === maxTokens || this.#running.length === 0
  }
}

/** Continuations that are looked at in each step: enough for `beams` of them not to end. */
function candidateCount({ beams, stopIds }: BeamSettings): number {
  return Math.max(2, 1 + stopIds.length) * beams
}

/** Most rows that one prompt takes. */
export function rowsOf({ beams, phrase }: BeamSettings): number {
  return beams * ((phrase?.ids.length ?? 0) + 1)
}

/** Searches for many prompts, as many at a time as the reader takes. */
export async function searchBeams(
  reader: BeamReader,
  prompts: readonly (readonly number[])[],
  settings: BeamSettings,
  signal?: AbortSignal,
): Promise<BeamResult[][]> {
  const together = Math.max(1, Math.floor(reader.maxRows / rowsOf(settings)))
  const results: BeamResult[][] = []
  try {
    for (let from = 0; from < prompts.length; from += together) {
      results.push(...(await searchTogether(reader, prompts.slice(from, from + together), settings, signal)))
    }
  } finally {
    reader.dispose()
  }
  return results
}

async function searchTogether(
  reader: BeamReader,
  prompts: readonly (readonly number[])[],
  settings: BeamSettings,
  signal: AbortSignal | undefined,
): Promise<BeamResult[][]> {
  const count = candidateCount(settings)
  const { phrase } = settings
  const searches = prompts.map(() => (phrase ? new PhraseSearch(settings, phrase) : new BeamSearch(settings)))
  let rows: BeamRow[] = prompts.map((ids, i) => ({ ids, wanted: searches[i]!.wanted(0) }))
  let active = searches
  while (active.length > 0) {
    signal?.throwIfAborted()
    const candidates = await reader.read(rows, count)
    rows = []
    let start = 0
    for (const search of active) {
      const { length } = search.running
      search.advance(candidates.slice(start, start + length))
      if (!search.isDone) {
        for (const [i, { parent, ids }] of search.running.entries()) {
          rows.push({ parent: start + parent, ids: [ids.at(-1)!], wanted: search.wanted(i) })
        }
      }
      start += length
    }
    active = active.filter(({ isDone }) => !isDone)
  }
  return searches.map(({ results }) => results)
}
