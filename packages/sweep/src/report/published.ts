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

/** The paper's table of heads: hidden size 768, loss and scores by GPT-4. */
export const publishedHeads: readonly {
  layers: number
  heads: number
  loss: number
  grammar: number
  creativity: number
  consistency: number
}[] = [
  { layers: 2, heads: 2, loss: 1.38, grammar: 7.77, creativity: 6.5, consistency: 7.78 },
  { layers: 2, heads: 4, loss: 1.34, grammar: 8.05, creativity: 6.57, consistency: 8.16 },
  { layers: 2, heads: 8, loss: 1.33, grammar: 8.25, creativity: 6.53, consistency: 8.16 },
  { layers: 1, heads: 2, loss: 1.58, grammar: 7.13, creativity: 5.83, consistency: 6.38 },
  { layers: 1, heads: 4, loss: 1.56, grammar: 7.43, creativity: 5.9, consistency: 6.75 },
  { layers: 1, heads: 8, loss: 1.54, grammar: 7.45, creativity: 6.28, consistency: 7.02 },
]

/** What others who trained on TinyStories report. Losses in nats depend on the vocabulary; bits per byte compare. */
export const reproductions: readonly {
  who: string
  model: string
  training: string
  bitsPerByte: number | null
  /** Scores by a judge of theirs. */
  judged: string
}[] = [
  ...[
    ['128 x 8', '1.9 / 2.7 / 1.8 / 2.1, loss 2.00'],
    ['256 x 8, 8 heads', 'loss 1.58'],
    ['256 x 12', '2.25 / 4.9 / 4.2 / 2.8, loss 1.55'],
    ['512 x 8', '2.6 / 5.85 / 4.7 / 3.65, loss 1.33'],
    ['512 x 12', '2.55 / 6.0 / 5.8 / 4.2, loss 1.30'],
  ].map(([model, judged]) => ({
    ...{ who: 'ameyar3103/TinyStories', model: model!, training: '', bitsPerByte: null },
    judged: `Gemini 1.5 flash, creativity / grammar / consistency / plot: ${judged}`,
  })),
  ...[
    ['1M', '.59 / .14 / .10 / .12'],
    ['8M', '.82 / .51 / .42 / .16'],
    ['28M', '.86 / .63 / .60 / .32'],
  ].map(([model, judged]) => ({
    ...{ who: 'TinyScaleLab, the published models', model: model!, training: '', bitsPerByte: null },
    judged: `a person, shares of criteria met, grammar / context / plot / creativity: ${judged}`,
  })),
  { who: 'llama2.c', model: '260K', training: '', bitsPerByte: 0.896, judged: '' },
  { who: 'llama2.c', model: '15M', training: '', bitsPerByte: 0.39, judged: '' },
  { who: 'llama2.c', model: '42M', training: '', bitsPerByte: 0.31, judged: '' },
  { who: 'llama2.c', model: '110M', training: '', bitsPerByte: 0.28, judged: '' },
  { who: 'unnamed', model: '12.3M', training: '1.6 G tokens', bitsPerByte: 0.425, judged: '' },
  {
    ...{ who: 'unnamed', model: '5.85M', training: '77.8 M tokens, 7.9 h on a laptop with 12 threads' },
    ...{ bitsPerByte: 0.61, judged: '' },
  },
  {
    ...{ who: 'unnamed', model: '1.8M', training: '20 M tokens, 5 minutes on a MacBook' },
    ...{ bitsPerByte: 0.85, judged: '' },
  },
  {
    ...{ who: 'Stanford CS336 on CPU', model: '', training: '40 M tokens', bitsPerByte: 0.63, judged: '' },
  },
]
