import { fieldsOf, type Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import { through } from '../stream/through.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { type Cleaner, type CleaningRules, createCleaner, remembers, repairer } from './cleaner.ts'
import { type CleaningReport, createCleaningReport, restoreReport } from './cleaning-report.ts'

/** Options of {@link cleanStories}. */
export interface CleaningOptions extends CleaningRules {
  /**
   * Is kept up to date with what was done: by the iteration that was begun last, what came before the position where it was resumed
   * included.
   */
  report?: CleaningReport
}

/**
 * Stories repaired and sifted by the rules that are named. The result depends on the stories and their order alone.
 *
 * Resuming is exact. A state holds no memory of stories: with `duplicates` or `nearDuplicates` what came before the place
 * is read and cleaned again, so that resuming takes as long as coming so far did; without them it takes no time. Shuffle
 * and shard after it, so that each story is judged against all others.
 *
 * @throws RangeError for a rule that cannot be
 */
export function cleanStories<S extends Story>(
  stories: StoryStream<S>,
  { report = createCleaningReport(), ...rules }: CleaningOptions,
): StoryStream<S> {
  // Rules that are wrong are reported now.
  createCleaner(rules)
  return stories.apply(upstream => cleanStage(upstream, rules, report))
}

function cleanStage<S extends Story>(
  upstream: Stage<S>,
  rules: CleaningRules,
  report: CleaningReport,
): Stage<S> {
  const repair = repairer(rules)
  return through<S, S>(upstream, {
    name: `clean(${JSON.stringify(rules)})`,
    upstreamOf: from => fieldsOf(from).upstream ?? undefined,
    iterate(cursor, from, context) {
      const counts = from === undefined ? undefined : fieldsOf(from).counts
      restoreReport(report, counts)
      let clean: Cleaner | undefined
      return {
        async next() {
          clean ??= await cleanerAt(upstream, rules, counts, context)
          for (;;) {
            const item = await cursor.next()
            if (item === undefined) return undefined
            const text = clean(item.value.text, report)
            if (text === undefined) continue
            return text === item.value.text ? item : { value: { ...item.value, text }, at: item.at }
          }
        },
        state: () => ({ counts: { ...report }, upstream: cursor.state() }),
      }
    },
    // A position given once has passed already.
    async restore(positions, context) {
      const items = await upstream.restore(positions, context)
      return items.map(item => {
        const text = repair(item.text)
        return text === item.text ? item : { ...item, text }
      })
    },
  })
}

/** A cleaner that has seen what came before. */
async function cleanerAt<S extends Story>(
  upstream: Stage<S>,
  rules: CleaningRules,
  counts: Json | undefined,
  context: RunContext,
): Promise<Cleaner> {
  const clean = createCleaner(rules)
  const read = counts === undefined ? 0 : (fieldsOf(counts).read as number)
  if (read === 0 || !remembers(rules)) return clean
  const scratch = createCleaningReport()
  const cursor = upstream.open(context, undefined)
  try {
    for (let i = 0; i < read; i++) {
      const item = await cursor.next()
      if (item === undefined) break
      clean(item.value.text, scratch)
    }
  } finally {
    await cursor.close()
  }
  return clean
}
