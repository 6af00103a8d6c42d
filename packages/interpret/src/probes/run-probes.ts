import { grammarItems } from './grammar.ts'
import type { ProbeItem, ProbeKind } from './probe-item.ts'
import { storyItems } from './stories.ts'
import { wilsonInterval } from './wilson-interval.ts'

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
  /** 95 % interval of the accuracy. */
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
  const counts = new Map<
    string,
    { kind: ProbeKind; items: number; passed: number; skipped: number; chance: number }
  >()
  let done = 0
  for (const { kind, phenomenon, prompt, right, wrong } of items) {
    signal?.throwIfAborted()
    const scores = await score(prompt, [right, ...wrong])
    const count = counts.get(phenomenon) ?? { kind, items: 0, passed: 0, skipped: 0, chance: 0 }
    counts.set(phenomenon, count)
    if (scores === undefined) count.skipped++
    else {
      const [ofRight, ...ofWrong] = scores
      count.items++
      count.chance += 1 / (1 + wrong.length)
      if (ofWrong.every(each => ofRight! > each)) count.passed++
    }
    onProgress?.({ done: ++done, total: items.length })
  }
  return [...counts].map(([phenomenon, { kind, items, passed, skipped, chance }]) => ({
    kind,
    phenomenon,
    items,
    passed,
    skipped,
    accuracy: passed / items,
    interval: wilsonInterval(passed, items),
    chance: chance / items,
  }))
}

/** The results of one kind as one: shares of all its items. */
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
    interval: wilsonInterval(passed, items),
    chance: sum(result => (result.items === 0 ? 0 : result.chance * result.items)) / items,
  }
}
