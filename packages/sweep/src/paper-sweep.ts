import type { SweepSpec } from './spec/sweep-spec.ts'

/** How much of the paper is reproduced: in two minutes, over night on two cores, or as the paper did on GPUs. */
export type ReproduceSize = 'smoke' | 'laptop' | 'full'

/** The sizes, the smallest first. */
export const reproduceSizes: readonly ReproduceSize[] = ['smoke', 'laptop', 'full']

/** Options of {@link paperSweep}. */
export interface PaperSweepOptions {
  /** Stories. Default: the bundled corpus for `smoke`, the data set on the hub otherwise. */
  data?: string | undefined
  heldOut?: string | undefined
}

/** The grid of the paper at one of three sizes: hidden size by layers, and heads at two depths. */
export function paperSweep(size: ReproduceSize, { data, heldOut }: PaperSweepOptions = {}): SweepSpec {
  const common = { data: data ?? (size === 'smoke' ? 'sample' : 'hf://roneneldan/TinyStories'), heldOut }
  switch (size) {
    case 'smoke':
      return {
        ...common,
        name: 'TinyStories paper, smoke test',
        context: 64,
        batchSize: 8,
        vocabSize: 1024,
        tokens: 40_960,
        trials: 1,
        maxTokens: 40,
        prompts: ['Once upon a time, there was a little', 'Tom had a red ball. He', 'Lily was sad because'],
        grids: [{ hidden: [16, 32, 64], layers: [1, 2] }],
      }
    case 'laptop':
      return {
        ...common,
        name: 'TinyStories paper on a laptop',
        context: 256,
        batchSize: 8,
        vocabSize: 4096,
        tokens: 6_000_000,
        trials: 1,
        maxTokens: 120,
        grids: [
          { hidden: [64, 128], layers: [1, 2, 4, 8], seed: [1, 2] },
          { hidden: [256], layers: [1, 2, 4, 8], seed: [1] },
          { hidden: [256], layers: [1, 2], heads: [2, 4, 8], seed: [1] },
        ],
      }
    case 'full':
      return {
        ...common,
        name: 'TinyStories paper',
        context: 512,
        batchSize: 80,
        vocabSize: 10_000,
        tokens: 450_000_000,
        trials: 10,
        maxTokens: 250,
        grids: [
          { hidden: [64, 128, 256, 512, 768, 1024], layers: [1, 2, 4, 8, 12], seed: [1] },
          { hidden: [768], layers: [1, 2], heads: [2, 4, 8], seed: [1] },
        ],
      }
  }
}
