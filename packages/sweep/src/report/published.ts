/** Rows of the paper's results table (arXiv 2305.07759): loss and scores by GPT-4, which do not compare with other judges'. */
export interface PublishedRow {
  hidden: number
  layers: number
  loss: number
  /** Computed at 4.07 bytes a GPT-2 token: a little less than the truth for 10,000 pieces. */
  bitsPerByte: number
  creativity: number
  grammar: number
  consistency: number
  plot: number
}

const row = (
  hidden: number,
  layers: number,
  [loss, bitsPerByte, creativity, grammar, consistency, plot]: [
    number,
    number,
    number,
    number,
    number,
    number,
  ],
): PublishedRow => ({ hidden, layers, loss, bitsPerByte, creativity, grammar, consistency, plot })

/** What can be found of that table. */
export const publishedRows: readonly PublishedRow[] = [
  row(64, 8, [2.08, 0.74, 4.68, 6.14, 4.45, 4.4]),
  row(64, 12, [2.02, 0.72, 4.84, 6.19, 4.75, 4.39]),
  row(256, 8, [1.38, 0.49, 6.54, 7.72, 8.02, 7.23]),
  row(512, 8, [1.2, 0.425, 6.85, 8.34, 8.95, 7.26]),
  row(768, 8, [1.18, 0.42, 7.02, 8.62, 9.34, 7.34]),
]
