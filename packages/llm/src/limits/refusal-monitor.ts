/** Outcomes that tell a share of refusals well enough. */
const windowSize = 20
/** A lower share of refusals is left alone: the refused calls wait, and the server is fully used. */
const usualThreshold = 0.2
/** Above this share most of what is sent is sent in vain. */
const deepShare = 0.5
/** Cuts that were for the load bring the share down to less than this part. */
const improvement = 0.6
/** Cuts in a row, and milliseconds, after which they should have. */
const enoughCuts = 3
const enoughTime = 1500

/** What follows from the outcomes so far. `undo` takes all cuts in a row back. */
export type Verdict = 'wait' | 'first cut' | 'next cut' | 'undo'

/**
 * Decides from the share of refused calls whether less should be sent. Servers also refuse calls for reasons that have
 * nothing to do with this client: sending less does not help then. So the share is measured again after each cut; where
 * several cuts did not bring it down, they are undone, and that share counts as usual from then on.
 */
export class RefusalMonitor {
  #answered = 0
  #refused = 0
  /** Cuts in a row: how many, when the first was, and the share before it. */
  #cuts = 0
  #firstCutAt = 0
  #before = 0
  /** The share that remains whatever is sent. */
  #floor = 0
  /** Whether most calls of the last window were refused. */
  isDeep = false

  /**
   * Takes note of the outcome of a call that began after the last cut.
   *
   * @param limit calls that may be under way
   * @param now milliseconds
   */
  note(isRefused: boolean, limit: number, now: number): Verdict {
    if (isRefused) this.#refused++
    else this.#answered++
    const total = this.#answered + this.#refused
    if (total < Math.max(windowSize, limit)) return 'wait'
    const share = this.#refused / total
    this.#answered = 0
    this.#refused = 0
    const isUsual = share <= Math.max(usualThreshold, this.#floor * 1.3 + 0.05)
    if (this.#cuts > 0 && share <= this.#before * improvement) this.#cuts = 0
    const hasHadTime = this.#cuts >= enoughCuts && now - this.#firstCutAt >= enoughTime
    if (this.#cuts > 0 && (isUsual || hasHadTime)) {
      // Less was sent, and as many were refused as before.
      this.#cuts = 0
      this.#floor = (this.#before + share) / 2
      return 'undo'
    }
    if (isUsual) return 'wait'
    this.isDeep = share > deepShare
    if (this.#cuts++ > 0) return 'next cut'
    this.#firstCutAt = now
    this.#before = share
    return 'first cut'
  }
}
