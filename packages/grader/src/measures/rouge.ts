import { wordsOf } from '@tinystories/utils/text'

/** G_k(T): the set of k-grams of words of a text, in lower case. */
export function kGrams(text: string, k: number): Set<string> {
  const words = wordsOf(text)
  const grams = new Set<string>()
  for (let i = 0; i + k <= words.length; i++) grams.add(words.slice(i, i + k).join(' '))
  return grams
}

/**
 * R_kp(a, b) = |G_k(a) and G_k(b)| / |G_k(a)|: how much of `a` is also in `b` (the TinyStories paper, section 4.3;
 * ROUGE-N of Lin 2004 over sets). NaN when `a` has no k-gram.
 */
export function rougePrecision(a: Set<string>, b: Set<string>): number {
  let shared = 0
  const [small, large] = a.size < b.size ? [a, b] : [b, a]
  for (const gram of small) if (large.has(gram)) shared++
  return shared / a.size
}

/** R_k(a, b): the harmonic mean of R_kp both ways; 0 when they share nothing. */
export function rougeF(a: Set<string>, b: Set<string>): number {
  const [forth, back] = [rougePrecision(a, b), rougePrecision(b, a)]
  return forth + back === 0 ? 0 : (2 * forth * back) / (forth + back)
}

/**
 * For each text the highest R_k with any of the others: near 1, the model writes the same again. NaN for a single
 * text. Pairs are found through the k-grams they share, so that texts without anything in common cost nothing.
 */
export function nearestAmong(texts: readonly string[], k = 2): number[] {
  const sets = texts.map(text => kGrams(text, k))
  const holders = new Map<string, number[]>()
  for (const [i, set] of sets.entries()) {
    for (const gram of set) {
      const list = holders.get(gram)
      if (list) list.push(i)
      else holders.set(gram, [i])
    }
  }
  const shared = new Int32Array(texts.length)
  return sets.map((set, i) => {
    if (texts.length < 2) return Number.NaN
    shared.fill(0)
    for (const gram of set) for (const j of holders.get(gram)!) shared[j]!++
    let best = 0
    for (let j = 0; j < sets.length; j++) {
      // 2 shared / (|a| + |b|) is the harmonic mean of shared / |a| and shared / |b|.
      if (j !== i && shared[j]! > 0) best = Math.max(best, (2 * shared[j]!) / (set.size + sets[j]!.size))
    }
    return best
  })
}
