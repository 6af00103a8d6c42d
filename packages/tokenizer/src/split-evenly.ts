/** Fewer characters than this are not worth a thread. */
const LEAST = 100_000
/** What handing out shares and taking results back costs, as a part of a share. */
const HANDING_OUT = 0.12

/** How many of `threads` threads are worth their while for the texts. */
export function worthwhileThreads(texts: readonly string[], threads: number): number {
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  return Math.max(1, Math.min(threads, Math.floor(total / LEAST)))
}

/**
 * Cuts a list of texts, in order, into `shares` lists of about as many characters each; with `handingOut` the
 * first gets a little less, because who hands out the shares has that to do as well.
 */
export function splitEvenly(
  texts: readonly string[],
  shares: number,
  handingOut: number = HANDING_OUT,
): string[][] {
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  const split: string[][] = []
  let from = 0
  let seen = 0
  for (let share = 1; share <= shares; share++) {
    const target =
      share === shares ? Number.POSITIVE_INFINITY : (total * (share - handingOut)) / (shares - handingOut)
    let to = from
    while (to < texts.length && seen + texts[to]!.length <= target) seen += texts[to++]!.length
    split.push(texts.slice(from, to))
    from = to
  }
  return split
}
