import { ExactDuplicates } from '../cleaning/exact-duplicates.ts'
import { NearDuplicates } from '../cleaning/near-duplicates.ts'
import { Diversity, type DiversityReport } from './diversity.ts'
import { type GeneratedStory, generateStory } from './generate-story.ts'
import type { SynthesisLine, SynthesisSettings } from './output-file.ts'
import { storyPlans } from './story-plan.ts'
import type { SynthesisClient } from './synthesis-client.ts'
import { SynthesisError } from './synthesis-error.ts'
import { partsOfSpeech, type StoryVocabulary, storyVocabulary } from './vocabulary.ts'

/** How far the making has come. */
export interface SynthesisProgress {
  /** Stories in the file. */
  stories: number
  /** Stories that were there before. */
  resumed: number
  /** Plans that gave no story, by reason: a flaw of the last reply, or `duplicate`. */
  dropped: Record<string, number>
  /** US dollars of all replies that led to what is in the file, those of earlier runs included; undefined where not known. */
  cost: number | undefined
}

/** What was made, and how diverse it is. */
export interface SynthesisReport extends SynthesisProgress {
  diversity: DiversityReport
}

/** Options of {@link synthesizeStories}. */
export interface SynthesisOptions {
  client: SynthesisClient
  /** File of JSON lines; one that was begun with the same settings is gone on with. */
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
  /** How often one story is asked for while the replies are none. Default 3. */
  attempts?: number
  /** Stories asked for at a time; the client keeps its own limits. Default 64. */
  concurrency?: number
  /** So many plans in a row without a story end the making. Default 50. */
  maxFailures?: number
  signal?: AbortSignal
  onProgress?: (progress: SynthesisProgress) => void
}

/**
 * Has stories made and writes them as JSON lines, in the order of the plan that the seed gives. Whatever ends it - an
 * abort, an error, a kill - the same call goes on: with a client that keeps its replies, to the same file that a run
 * without an end in between would have written.
 *
 * @throws SynthesisError; what the client throws, after the stories before are written
 */
export async function synthesizeStories(options: SynthesisOptions): Promise<SynthesisReport> {
  const {
    client,
    out,
    count,
    seed = 0,
    instruct = false,
    ood = false,
    concurrency = 64,
    maxFailures = 50,
  } = options
  const {
    temperature = 1,
    maxTokens = 900,
    minWords = 50,
    maxWords = 500,
    attempts = 3,
    onProgress,
  } = options
  if (ood && !instruct) throw new SynthesisError('ood is about instructions: give instruct as well.')
  for (const [name, value] of Object.entries({ count, concurrency, maxFailures, attempts, maxTokens })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw new SynthesisError(`${name} is ${value}. Give a whole number of at least 1.`)
    }
  }
  const vocabulary = options.vocabulary ?? (await storyVocabulary())
  const settingsOfStory = { seed, instruct, ood, temperature, maxTokens, minWords, maxWords, attempts }
  const settings: SynthesisSettings = {
    model: client.model,
    ...settingsOfStory,
    vocabulary: partsOfSpeech.map(part => `${vocabulary[part].length} ${part}`).join(', '),
  }
  const plans = storyPlans(vocabulary, seed)
  const diversity = new Diversity(vocabulary)
  const exact = new ExactDuplicates(1_000_000)
  const near = new NearDuplicates()
  const progress: SynthesisProgress = { stories: 0, resumed: 0, dropped: {}, cost: 0 }
  let next = 0

  const { openOutputFile } = await import('./output-file.ts')
  const file = await openOutputFile(out, settings, line => {
    exact.admit(line.text)
    near.admit(line.text)
    next = line.synthesis.plan + 1
    record(line)
  })
  progress.resumed = progress.stories

  /** Spent and dropped since the last story that was written. */
  let pending = { cost: 0 as number | undefined, dropped: {} as Record<string, number>, inRow: 0 }
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
          generateStory(client, plan, settingsOfStory, signal).then(
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

  async function take({ plan, story, flaws, cost }: GeneratedStory): Promise<void> {
    pending.cost = pending.cost === undefined || cost === undefined ? undefined : pending.cost + cost
    const flaw = story === undefined ? flaws.at(-1)! : isCopy(story.text) ? 'duplicate' : undefined
    if (flaw !== undefined || story === undefined) {
      const reason = flaw ?? 'empty'
      pending.dropped[reason] = (pending.dropped[reason] ?? 0) + 1
      if (++pending.inRow >= maxFailures) {
        const said = Object.entries(pending.dropped).map(([reason, times]) => `${times} ${reason}`)
        throw new SynthesisError(
          `${client.model} gave no story for ${maxFailures} plans in a row (${said.join(', ')}). Try another model or other limits of length.`,
        )
      }
      onProgress?.(snapshot())
      return
    }
    const synthesis = { plan: plan.index, cost: pending.cost ?? null, dropped: pending.dropped }
    const line: SynthesisLine = { ...story, synthesis }
    await file.append(line)
    pending = { cost: 0, dropped: {}, inRow: 0 }
    record(line)
    onProgress?.(snapshot())
  }

  function isCopy(text: string): boolean {
    return !exact.admit(text) || !near.admit(text)
  }

  function record(line: SynthesisLine): void {
    diversity.add(line)
    progress.stories++
    const { cost, dropped } = line.synthesis
    progress.cost = progress.cost === undefined || cost === null ? undefined : progress.cost + cost
    for (const [reason, times] of Object.entries(dropped)) {
      progress.dropped[reason] = (progress.dropped[reason] ?? 0) + times
    }
  }

  function snapshot(): SynthesisProgress {
    const dropped = { ...progress.dropped }
    for (const [reason, times] of Object.entries(pending.dropped)) {
      dropped[reason] = (dropped[reason] ?? 0) + times
    }
    const cost =
      progress.cost === undefined || pending.cost === undefined ? undefined : progress.cost + pending.cost
    return { ...progress, dropped, cost }
  }
}
