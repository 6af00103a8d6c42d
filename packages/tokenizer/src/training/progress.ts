/** How far `trainTokenizer` has come. */
export interface TrainTokenizerProgress {
  /** `counting`: `done` texts read. `merging`: `done` of `total` pieces found. */
  phase: 'counting' | 'merging'
  done: number
  /** Unknown while counting. */
  total: number | undefined
}
