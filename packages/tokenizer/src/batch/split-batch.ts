/** Fewer characters than this are not worth handing to another thread. */
const LEAST = 100_000
/** Each job is this part of a thread's share of what is left: large ones first, small ones to end together. */
const PART_OF_SHARE = 1 / 3

/** How many of `threads` threads are worth their while for the texts. */
export function worthwhileThreads(texts: readonly string[], threads: number): number {
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  return Math.max(1, Math.min(threads, Math.floor(total / LEAST)))
}

/** Cuts a list of texts, in order, into jobs of falling size for threads that each take the next when free. */
export function splitBatch(texts: readonly string[], threads: number): string[][] {
  let left = texts.reduce((sum, text) => sum + text.length, 0)
  const jobs: string[][] = []
  for (let from = 0; from < texts.length; ) {
    const size = Math.max(LEAST, (left / threads) * PART_OF_SHARE)
    let taken = 0
    let to = from
    while (to < texts.length && taken < size) taken += texts[to++]!.length
    jobs.push(texts.slice(from, to))
    from = to
    left -= taken
  }
  return jobs
}
