import { Random } from '@tinystories/utils/random'
import { utf8Length } from '../bytes/utf8.ts'
import type { StreamProgress } from '../stream/cursor.ts'
import type { Story } from '../stream/story.ts'
import type { StoryTokenizer } from '../stream/tokens.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { ExactDuplicates } from './exact-duplicates.ts'
import { type NearDuplicateOptions, NearDuplicates } from './near-duplicates.ts'
import { repairEncoding } from './repair-encoding.ts'
import { countWords, isTruncated, scriptCheck } from './story-flaws.ts'

/** Tokens that one tokenizer makes of the stories, end tokens not counted. */
export interface TokenCount {
  name: string
  tokens: number
  perStory: number
  /** UTF-8 bytes a token stands for. */
  bytesPerToken: number
}

/** What {@link inspectStories} found. */
export interface StoryStatistics {
  stories: number
  /** UTF-8 bytes of all texts. */
  bytes: number
  words: number
  /** Words of a story. */
  length: { least: number; median: number; mean: number; p95: number; most: number }
  /** Stories by their words, in steps of `histogramStep`; the last step has all longer ones. */
  histogram: number[]
  histogramStep: number
  tokens: TokenCount[]
  /** Stories that were there before, white space aside. */
  duplicates: number
  /** Stories nearly the same as an earlier one that is no such duplicate; null when not looked for. */
  nearDuplicates: number | null
  /** Stories with each of these. */
  quirks: {
    brokenEncoding: number
    truncated: number
    foreignScript: number
    replacementCharacter: number
    controlCharacter: number
    endOfTextInside: number
    typographicQuotes: number
    blankLines: number
    doubleSpaces: number
  }
  /** Stories that come with each field. */
  fields: Record<string, number>
  samples: Story[]
}

/** Options of {@link inspectStories}. */
export interface InspectOptions {
  /** Counts tokens with each, by name. */
  tokenizers?: Readonly<Record<string, StoryTokenizer>>
  /** Look for near duplicates, which takes about 100 µs a story. Default false. */
  nearDuplicates?: boolean | NearDuplicateOptions
  /** Stories to show, drawn at random. Default 3. */
  samples?: number
  /** Decides the draw. Default 0. */
  seed?: number
  signal?: AbortSignal
  onProgress?(progress: StreamProgress): void
}

const histogramStep = 50
const histogramSteps = 12
/** Longer stories count as this long in the median and the like. */
const longest = 100_000

/** Reads all stories once and counts, with bounded memory. */
export async function inspectStories(
  stories: StoryStream<Story>,
  { tokenizers = {}, nearDuplicates = false, samples = 3, seed = 0, signal, onProgress }: InspectOptions = {},
): Promise<StoryStatistics> {
  const found = emptyStatistics()
  const lengths = new Uint32Array(longest + 1)
  const exact = new ExactDuplicates(2_000_000)
  const near = nearDuplicates ? new NearDuplicates(nearDuplicates === true ? {} : nearDuplicates) : undefined
  const counts = Object.entries(tokenizers).map(([name, tokenizer]) => ({ name, tokenizer, tokens: 0 }))
  const random = new Random(seed)
  let nears = 0
  const foreign = scriptCheck(['Latin'])
  const cursor = stories.iterate(signal ? { signal } : {})
  for await (const story of cursor) {
    const { text } = story
    const words = countWords(text)
    found.stories++
    found.bytes += utf8Length(text)
    found.words += words
    lengths[Math.min(words, longest)]!++
    found.histogram[Math.min(Math.floor(words / histogramStep), histogramSteps - 1)]!++
    for (const count of counts) {
      count.tokens += count.tokenizer.encode(text, { addSpecialTokens: false }).ids.length
    }
    if (!exact.admit(text)) found.duplicates++
    else if (near && !near.admit(text)) nears++
    countQuirks(text, found.quirks, foreign)
    for (const field of ['words', 'features', 'summary', 'source', 'prompt'] as const) {
      if (story[field] !== undefined) found.fields[field] = (found.fields[field] ?? 0) + 1
    }
    // Reservoir sampling: each story is kept with the same probability.
    if (found.samples.length < samples) found.samples.push(story)
    else {
      const place = random.integer(found.stories)
      if (place < samples) found.samples[place] = story
    }
    if (found.stories % 256 === 0) onProgress?.(cursor.progress())
  }
  return {
    ...found,
    length: lengthsOf(lengths, found.stories, found.words),
    nearDuplicates: near ? nears : null,
    tokens: counts.map(({ name, tokens }) => ({
      name,
      tokens,
      perStory: found.stories === 0 ? 0 : tokens / found.stories,
      bytesPerToken: tokens === 0 ? 0 : found.bytes / tokens,
    })),
  }
}

function emptyStatistics(): StoryStatistics {
  return {
    stories: 0,
    bytes: 0,
    words: 0,
    length: { least: 0, median: 0, mean: 0, p95: 0, most: 0 },
    histogram: new Array<number>(histogramSteps).fill(0),
    histogramStep,
    tokens: [],
    duplicates: 0,
    nearDuplicates: null,
    quirks: {
      brokenEncoding: 0,
      truncated: 0,
      foreignScript: 0,
      replacementCharacter: 0,
      controlCharacter: 0,
      endOfTextInside: 0,
      typographicQuotes: 0,
      blankLines: 0,
      doubleSpaces: 0,
    },
    fields: {},
    samples: [],
  }
}

function countQuirks(
  text: string,
  quirks: StoryStatistics['quirks'],
  foreign: (text: string) => string | undefined,
): void {
  if (repairEncoding(text).repaired > 0) quirks.brokenEncoding++
  if (isTruncated(text)) quirks.truncated++
  if (foreign(text) !== undefined) quirks.foreignScript++
  if (text.includes('\ufffd')) quirks.replacementCharacter++
  if (/(?![\t\n\r])\p{Cc}/u.test(text)) quirks.controlCharacter++
  if (text.includes('<|endoftext|>')) quirks.endOfTextInside++
  if (/[“”‘’]/.test(text)) quirks.typographicQuotes++
  if (/\n\s*\n/.test(text)) quirks.blankLines++
  if (text.includes('  ')) quirks.doubleSpaces++
}

function lengthsOf(lengths: Uint32Array, stories: number, words: number): StoryStatistics['length'] {
  if (stories === 0) return emptyStatistics().length
  const at = (share: number): number => {
    let before = 0
    for (let length = 0; length < lengths.length; length++) {
      before += lengths[length]!
      if (before > share * (stories - 1)) return length
    }
    return longest
  }
  return { least: at(0), median: at(0.5), mean: words / stories, p95: at(0.95), most: at(1) }
}
