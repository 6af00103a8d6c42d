import { clusteredInterval, type Outcome } from './clustered-interval.ts'
import { grammarItems } from './grammar.ts'
import type { ProbeItem, ProbeKind } from './probe-item.ts'
import { storyItems } from './stories.ts'

/**
 * Log-probabilities in nats of given endings of a prompt, in their order: the sum over the tokens of each ending.
 * undefined when they do not fit the model's context.
 */
export type ScoreEndings = (
  prompt: string,
  endings: readonly string[],
) => Promise<readonly number[] | undefined>

/** How many items of one kind a model passes. */
export interface ProbeResult {
  kind: ProbeKind
  phenomenon: string
  /** Items that were scored. */
  items: number
  passed: number
  /** Items left out because they do not fit the model's context. */
  skipped: number
  /** Share that passes, from 0 to 1; NaN without items. */
  accuracy: number
  /** 95 % interval of the accuracy, clustered by the words and templates that items share. */
  interval: readonly [low: number, high: number]
  /** Accuracy of a model that knows nothing. */
  chance: number
}

/** Options of {@link runProbes}. */
export interface RunProbesOptions {
  /** Default: all items of this package. */
  items?: readonly ProbeItem[]
  signal?: AbortSignal
  onProgress?: (progress: { done: number; total: number }) => void
}

/** Every item of this package: 28 phenomena of grammar with 50 pairs each, facts, reasoning and context. */
export const probeItems: readonly ProbeItem[] = [...grammarItems, ...storyItems]

/**
 * Whether a model finds right endings likelier than wrong ones, for each phenomenon. An item passes when its right
 * ending is strictly likelier than every wrong one. Unlike sampled answers this is smooth at tiny sizes.
 *
 * @throws what `score` throws; the signal's reason
 */
export async function runProbes(
  score: ScoreEndings,
  { items = probeItems, signal, onProgress }: RunProbesOptions = {},
): Promise<ProbeResult[]> {
  const counts = new Map<string, { kind: ProbeKind; outcomes: Outcome[]; skipped: number; chance: number }>()
  let done = 0
  for (const { kind, phenomenon, prompt, right, wrong, shares = [] } of items) {
    signal?.throwIfAborted()
    const scores = await score(prompt, [right, ...wrong])
    const count = counts.get(phenomenon) ?? { kind, outcomes: [], skipped: 0, chance: 0 }
    counts.set(phenomenon, count)
    if (scores === undefined) count.skipped++
    else {
      const [ofRight, ...ofWrong] = scores
      count.chance += 1 / (1 + wrong.length)
      count.outcomes.push({ passed: ofWrong.every(each => ofRight! > each), shares })
    }
    onProgress?.({ done: ++done, total: items.length })
  }
  return [...counts].map(([phenomenon, { kind, outcomes, skipped, chance }]) => {
    const items = outcomes.length
    const passed = outcomes.filter(outcome => outcome.passed).length
    return {
      ...{ kind, phenomenon, items, passed, skipped },
      accuracy: passed / items,
      interval: clusteredInterval(outcomes),
      chance: chance / items,
    }
  })
}

/**
 * The results of one kind as one: shares of all its items. Its interval is clustered by phenomenon; of a single phenomenon it is
 * that one's own.
 */
export function summarizeProbes(results: readonly ProbeResult[], kind: ProbeKind): ProbeResult {
  const ofKind = results.filter(result => result.kind === kind)
  const sum = (read: (result: ProbeResult) => number): number =>
    ofKind.reduce((total, result) => total + read(result), 0)
  const items = sum(result => result.items)
  const passed = sum(result => result.passed)
  return {
    kind,
    phenomenon: kind,
    items,
    passed,
    skipped: sum(result => result.skipped),
    accuracy: passed / items,
    interval: ofKind.length === 1 ? ofKind[0]!.interval : intervalOfAll(ofKind),
    chance: sum(result => (result.items === 0 ? 0 : result.chance * result.items)) / items,
  }
}

/** Phenomena are a sample of all those of a language: their items pass and fail together. */
function intervalOfAll(results: readonly ProbeResult[]): [low: number, high: number] {
  return clusteredInterval(
    results.flatMap(({ phenomenon, items, passed }) =>
      Array.from({ length: items }, (_, i) => ({ passed: i < passed, shares: [phenomenon] })),
    ),
  )
}
