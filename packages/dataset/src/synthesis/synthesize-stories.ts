import { ExactDuplicates } from '../cleaning/exact-duplicates.ts'
import { NearDuplicates } from '../cleaning/near-duplicates.ts'
import { requireInteger } from '../errors/require-options.ts'
import { Diversity, type DiversityReport } from './diversity.ts'
import { type GeneratedStory, generateStory } from './generate-story.ts'
import type { SynthesisLine, SynthesisSettings } from './output-file.ts'
import { storyPlans } from './story-plan.ts'
import type { SynthesisClient } from './synthesis-client.ts'
import { SynthesisError } from './synthesis-error.ts'
import { partsOfSpeech, type StoryVocabulary, storyVocabulary } from './vocabulary.ts'

/** How far the synthesis has come. */
export interface SynthesisProgress {
  /** Stories in the file. */
  stories: number
  /** Stories that were there before. */
  resumed: number
  /** Plans that gave no story, by reason: why the last reply was rejected, `duplicate` or `near-duplicate`. */
  dropped: Record<string, number>
  /** Replies that were rejected, by reason; each is followed by another attempt or a dropped plan. */
  rejected: Record<string, number>
  /** Stories from whose replies something was removed, by what it was: `thoughts`, `title`, `closing` … */
  removed: Record<string, number>
  /** US dollars of all replies that led to what is in the file, those of earlier runs included; undefined where not known. */
  cost: number | undefined
}

/** What was generated, and how diverse it is. */
export interface SynthesisReport extends SynthesisProgress {
  diversity: DiversityReport
}

/** Options of {@link synthesizeStories}. */
export interface SynthesisOptions {
  client: SynthesisClient
  /** File of JSON lines; one that was begun with the same settings is continued. */
  out: string
  /** Stories the file shall have. */
  count: number
  /** Default 0. */
  seed?: number
  /** Each story gets a summary and an instruction as its prompt. Default false. */
  instruct?: boolean
  /** Instructions never hold words and summary together. Default false. */
  ood?: boolean
  /** Default: the words that come with the package. */
  vocabulary?: StoryVocabulary
  /** Default 1. */
  temperature?: number
  /** Default 900. */
  maxTokens?: number
  /** Default 50. */
  minWords?: number
  /** Default 500. */
  maxWords?: number
  /** How often one story is asked for while the replies are rejected. Default 3. */
  attempts?: number
  /** Stories asked for at a time; the client keeps its own limits. Default 64. */
  concurrency?: number
  /** So many plans in a row without a story end the synthesis. Default 50. */
  maxFailures?: number
  signal?: AbortSignal
  onProgress?: (progress: SynthesisProgress) => void
}

type Counts = Record<string, number>

/**
 * Generates stories and writes them as JSON lines, in the order of the plan that the seed gives. Whatever ends it (an
 * abort, an error, a kill), the same call continues: with a client that keeps its replies, to the same file that an
 * uninterrupted run would have written.
 *
 * @throws SynthesisError, DatasetError `invalid-option`, FileError, LockError; what the client throws, after the stories
 * before are written
 */
export async function synthesizeStories(options: SynthesisOptions): Promise<SynthesisReport> {
  const { client, out, count, seed = 0, instruct = false, ood = false, onProgress } = options
  const { concurrency = 64, maxFailures = 50, attempts = 3 } = options
  const { temperature = 1, maxTokens = 900, minWords = 50, maxWords = 500 } = options
  if (ood && !instruct) throw new SynthesisError('ood-without-instruct', {})
  for (const [name, value] of Object.entries({ count, concurrency, maxFailures, attempts, maxTokens }))
    requireInteger(name, value, 1)
  const vocabulary = options.vocabulary ?? (await storyVocabulary())
  const generation = { seed, instruct, ood, temperature, maxTokens, minWords, maxWords, attempts }
  const settings: SynthesisSettings = {
    model: client.model,
    ...generation,
    vocabulary: partsOfSpeech.map(part => `${vocabulary[part].length} ${part}`).join(', '),
  }
  const plans = storyPlans(vocabulary, seed)
  const diversity = new Diversity(vocabulary)
  const exact = new ExactDuplicates(1_000_000)
  const near = new NearDuplicates()
  const progress: SynthesisProgress = {
    ...{ stories: 0, resumed: 0, cost: 0 },
    ...{ dropped: {}, rejected: {}, removed: {} },
  }
  let next = 0

  const { openOutputFile } = await import('./output-file.ts')
  const file = await openOutputFile(out, settings, line => {
    exact.admit(line.text)
    near.admit(line.text)
    next = line.synthesis.plan + 1
    record(line)
  })
  progress.resumed = progress.stories

  /** Spent, dropped and rejected since the last story that was written. */
  const nothing = () => ({
    cost: 0 as number | undefined,
    dropped: {} as Counts,
    rejected: {} as Counts,
    inRow: 0,
  })
  let pending = nothing()
  const signal = options.signal ?? new AbortController().signal
  const queue: Promise<{ generated: GeneratedStory } | { error: unknown }>[] = []
  let launched = next
  try {
    while (progress.stories < count) {
      signal.throwIfAborted()
      // No more than can still be needed: what is asked for is paid.
      while (queue.length < Math.min(concurrency, count - progress.stories)) {
        const plan = plans(launched++)
        queue.push(
          generateStory(client, plan, generation, signal).then(
            generated => ({ generated }),
            (error: unknown) => ({ error }),
          ),
        )
      }
      const outcome = await queue.shift()!
      if ('error' in outcome) throw outcome.error
      await take(outcome.generated)
    }
    return { ...snapshot(), diversity: diversity.report() }
  } finally {
    // After an error nothing new begins, but what is on its way is paid: the client shall have the time to keep it.
    await Promise.all(queue)
    await file.close()
  }

  async function take({ plan, story, rejected, removed, cost }: GeneratedStory): Promise<void> {
    pending.cost = sum(pending.cost, cost)
    for (const reason of rejected) add(pending.rejected, { [reason]: 1 })
    const reason = story === undefined ? (rejected.at(-1) ?? 'empty') : copyReason(story.text)
    if (story === undefined || reason !== undefined) {
      add(pending.dropped, { [reason!]: 1 })
      if (++pending.inRow >= maxFailures) {
        const { dropped } = pending
        throw new SynthesisError('no-stories', { model: client.model, plans: maxFailures, dropped })
      }
      onProgress?.(snapshot())
      return
    }
    const { dropped, rejected: all } = pending
    const note = { plan: plan.index, cost: pending.cost ?? null, dropped, rejected: all, removed }
    const line: SynthesisLine = { ...story, synthesis: note }
    await file.append(line)
    pending = nothing()
    record(line)
    onProgress?.(snapshot())
  }

  function copyReason(text: string): 'duplicate' | 'near-duplicate' | undefined {
    if (!exact.admit(text)) return 'duplicate'
    return near.admit(text) ? undefined : 'near-duplicate'
  }

  function record(line: SynthesisLine): void {
    diversity.add(line)
    progress.stories++
    const { cost, dropped, rejected, removed } = line.synthesis
    progress.cost = sum(progress.cost, cost ?? undefined)
    add(progress.dropped, dropped)
    add(progress.rejected, rejected)
    for (const part of removed) add(progress.removed, { [part]: 1 })
  }

  function snapshot(): SynthesisProgress {
    return {
      ...progress,
      dropped: add({ ...progress.dropped }, pending.dropped),
      rejected: add({ ...progress.rejected }, pending.rejected),
      removed: { ...progress.removed },
      cost: sum(progress.cost, pending.cost),
    }
  }
}

function add(counts: Counts, more: Counts): Counts {
  for (const [name, times] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + times
  return counts
}

/** A sum of which a part may not be known. */
const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b
