/** What the stories are made of, counted when the page is built. */
export interface CorpusFacts {
  stories: number
  /** All words, and different ones. */
  words: number
  distinct: number
  /** The most frequent words with their counts. */
  top: [word: string, count: number][]
  /** The share of all words that the most frequent ones make up, by how many. */
  coverage: [rank: number, share: number][]
  /** Stories by their length in words: the lower end of each bin, from the first that is not empty, and how many. */
  bin: number
  lengths: [from: number, stories: number][]
  /** Some stories, each word with its rank. */
  samples: { text: string; ranks: Record<string, number> }[]
}

const TOP = 60
const BIN = 5
const SAMPLES = 4
/** Characters of a sample at most. */
const SAMPLE_LENGTH = 700

/** Words without regard to case; an apostrophe inside belongs to them. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}+(?:['\u2019]\p{L}+)*/gu) ?? []
}

export function corpusFacts(stories: readonly string[]): CorpusFacts {
  const counts = new Map<string, number>()
  const lengths = new Map<number, number>()
  let total = 0
  for (const story of stories) {
    const words = wordsOf(story)
    total += words.length
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
    const bin = Math.floor(words.length / BIN) * BIN
    lengths.set(bin, (lengths.get(bin) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  const ranks = new Map(sorted.map(([word], i) => [word, i + 1]))
  const wanted = new Set([10, 20, 50, 100, 200, 400, 700, 1000, 1500, 2000, 3000, sorted.length])
  const coverage: CorpusFacts['coverage'] = []
  let covered = 0
  for (const [i, [, count]] of sorted.entries()) {
    covered += count
    if (wanted.has(i + 1)) coverage.push([i + 1, Math.round((covered / total) * 1000) / 1000])
  }
  const bins = [...lengths.keys()]
  const samples = stories.filter(({ length }) => length <= SAMPLE_LENGTH).slice(0, SAMPLES)
  return {
    stories: stories.length,
    words: total,
    distinct: sorted.length,
    top: sorted.slice(0, TOP),
    coverage,
    bin: BIN,
    lengths: Array.from({ length: (Math.max(...bins) - Math.min(...bins)) / BIN + 1 }, (_, i) => {
      const from = Math.min(...bins) + i * BIN
      return [from, lengths.get(from) ?? 0]
    }),
    samples: samples.map(text => ({
      text,
      ranks: Object.fromEntries(wordsOf(text).map(word => [word, ranks.get(word)!])),
    })),
  }
}
