import { wordsOf } from '@tinystories/utils/text'

/** Options of {@link corpusOverlap}. */
export interface CorpusOverlapOptions {
  /** Longest k-grams whose frequency is counted, from 1. Default 5. */
  longest?: number
  signal?: AbortSignal
  /** Called every 10,000 stories with how many were read. */
  onProgress?: (stories: number) => void
}

/** How texts overlap with a corpus. */
export interface CorpusOverlap {
  stories: number
  /** For each text the highest R_2p(text, story) over all stories, and the story's place; NaN without a 2-gram. */
  nearest: { precision: number; story: number }[]
  /**
   * For each k from 1: the distinct k-grams of all texts by log10 of their share among the corpus's k-grams, rounded
   * down; those that never occur under -10, as in the paper.
   */
  frequencies: { k: number; grams: number; never: number; histogram: Record<string, number> }[]
}

/**
 * Compares texts with a whole training set in one pass: the k-grams of the TEXTS are indexed (a trie), and the
 * stories stream by. Memory depends on the texts alone, whatever the size of the corpus; all counts are exact.
 */
export async function corpusOverlap(
  texts: readonly string[],
  stories: Iterable<string> | AsyncIterable<string>,
  { longest = 5, signal, onProgress }: CorpusOverlapOptions = {},
): Promise<CorpusOverlap> {
  const trie = new GramTrie(texts, longest)
  const totals = new Float64Array(longest + 1)
  const nearest = texts.map(() => ({ precision: 0, story: -1 }))
  const hits = new Int32Array(texts.length)
  const seenIn = new Int32Array(trie.nodes).fill(-1)
  let read = 0
  for await (const story of stories) {
    signal?.throwIfAborted()
    const ids = wordsOf(story).map(word => trie.wordId(word))
    for (let k = 1; k <= longest; k++) totals[k]! += Math.max(0, ids.length - k + 1)
    hits.fill(0)
    for (let at = 0; at < ids.length; at++) {
      let node = 0
      for (let k = 1; k <= longest && at + k <= ids.length; k++) {
        node = trie.child(node, ids[at + k - 1]!)
        if (node < 0) break
        trie.counts[node]!++
        if (k !== 2 || seenIn[node] === read) continue
        seenIn[node] = read
        for (const text of trie.textsWith(node)) hits[text]!++
      }
    }
    for (const [text, found] of hits.entries()) {
      const precision = found / trie.pairs[text]!
      if (precision > nearest[text]!.precision) nearest[text] = { precision, story: read }
    }
    read++
    if (read % 10_000 === 0) onProgress?.(read)
  }
  for (const [text, pairs] of trie.pairs.entries()) if (pairs === 0) nearest[text]!.precision = Number.NaN
  return { stories: read, nearest, frequencies: trie.frequencies(totals) }
}

/** The k-grams of some texts for k = 1 .. longest. A node is a k-gram; node 0 is the empty one. */
class GramTrie {
  /** How often the corpus has the node's k-gram. */
  readonly counts: Float64Array
  readonly nodes: number
  /** Distinct 2-grams of each text. */
  readonly pairs: Int32Array
  readonly #words = new Map<string, number>()
  readonly #children = new Map<number, number>()
  readonly #depths: number[] = [0]
  readonly #texts = new Map<number, number[]>()

  constructor(texts: readonly string[], longest: number) {
    this.pairs = new Int32Array(texts.length)
    for (const [text, content] of texts.entries()) {
      const ids = wordsOf(content).map(word => {
        const id = this.#words.get(word) ?? this.#words.size
        this.#words.set(word, id)
        return id
      })
      for (let at = 0; at < ids.length; at++) {
        let node = 0
        for (let k = 1; k <= longest && at + k <= ids.length; k++) {
          node = this.#grow(node, ids[at + k - 1]!)
          if (k === 2) this.#addText(node, text)
        }
      }
    }
    this.nodes = this.#depths.length
    this.counts = new Float64Array(this.nodes)
  }

  /** -1 for a word that no text has. */
  wordId(word: string): number {
    return this.#words.get(word) ?? -1
  }

  /** -1 where no text goes on like that. */
  child(node: number, word: number): number {
    return word < 0 ? -1 : (this.#children.get(keyOf(node, word)) ?? -1)
  }

  textsWith(pair: number): readonly number[] {
    return this.#texts.get(pair) ?? []
  }

  frequencies(totals: Float64Array): CorpusOverlap['frequencies'] {
    const result = Array.from({ length: totals.length - 1 }, (_, i) => ({
      k: i + 1,
      grams: 0,
      never: 0,
      histogram: {} as Record<string, number>,
    }))
    for (let node = 1; node < this.nodes; node++) {
      const k = this.#depths[node]!
      const row = result[k - 1]!
      const count = this.counts[node]!
      row.grams++
      if (count === 0) row.never++
      const bin = count === 0 ? -10 : Math.max(-9, Math.floor(Math.log10(count / totals[k]!)))
      row.histogram[bin] = (row.histogram[bin] ?? 0) + 1
    }
    return result
  }

  #grow(node: number, word: number): number {
    const key = keyOf(node, word)
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const made = this.#depths.length
    this.#depths.push(this.#depths[node]! + 1)
    this.#children.set(key, made)
    return made
  }

  #addText(pair: number, text: number): void {
    const list = this.#texts.get(pair)
    if (!list) this.#texts.set(pair, [text])
    else if (list.at(-1) !== text) list.push(text)
    else return
    this.pairs[text]!++
  }
}

/** Node and word in one number: exact below 2^53, for 2^22 words and 2^31 nodes. */
function keyOf(node: number, word: number): number {
  return node * 0x40_0000 + word
}
