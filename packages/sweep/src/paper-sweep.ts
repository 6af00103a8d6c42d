import { parseSweepSpec, type SweepSpec } from './spec/sweep-spec.ts'

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

/** The paper's parts at one of three sizes: hidden size by layers, and heads at two depths. */
export function paperSweep(size: ReproduceSize, { data, heldOut }: PaperSweepOptions = {}): SweepSpec {
  const source = data ?? (size === 'smoke' ? 'sample' : 'hf://roneneldan/TinyStories')
  const spec = { ...sizes[size], data: source, ...(heldOut !== undefined && { heldOut }) }
  return parseSweepSpec(spec, `reproduce --size ${size}`)
}

const sizes = {
  smoke: {
    name: 'TinyStories paper, smoke test',
    ...{ context: 256, batchSize: 4, vocabSize: 1024, tokens: 16_384 },
    ...{ trials: 1, maxTokens: 24, beams: 2, continuations: 8, instructions: 8 },
    prompts: ['Once upon a time, there was a little', 'Tom had a red ball. He', 'Lily was sad because'],
    grids: [
      { hidden: [16, 32], layers: [1, 2] },
      { hidden: [32], layers: [1], heads: [4] },
      { hidden: [32], layers: [1], instruct: [true] },
    ],
  },
  laptop: {
    name: 'TinyStories paper on a laptop',
    ...{ context: 256, batchSize: 8, vocabSize: 4096, tokens: 6_000_000 },
    ...{ trials: 1, maxTokens: 120 },
    grids: [
      { hidden: [64, 128], layers: [1, 2, 4, 8], seed: [1, 2] },
      { hidden: [256], layers: [1, 2, 4, 8], seed: [1] },
      { hidden: [256], layers: [1, 2], heads: [2, 4, 8], seed: [1] },
      { hidden: [128], layers: [1, 2, 4], instruct: [true], seed: [1] },
    ],
  },
  full: {
    name: 'TinyStories paper',
    ...{ context: 512, batchSize: 80, vocabSize: 10_000, tokens: 450_000_000 },
    ...{ trials: 10, maxTokens: 250 },
    needs: { gpu: true },
    // The recipe of the published 33M model: 655,360 tokens a step.
    recipes: {
      paper: {
        ...{ optimizer: 'adamw', schedule: 'constant', learningRate: 5e-4, weightDecay: 0.1 },
        ...{ accumulate: 16 },
      },
    },
    grids: [
      { hidden: [64, 128, 256, 512, 768, 1024], layers: [1, 2, 4, 8, 12], recipe: ['paper'], seed: [1] },
      { hidden: [768], layers: [1, 2], heads: [2, 4, 8], recipe: ['paper'], seed: [1] },
      { hidden: [768], layers: [1, 2, 4], instruct: [true], recipe: ['paper'], seed: [1] },
      // Half the stories, for how the loss falls with more of them.
      { hidden: [256, 512], layers: [4, 8], recipe: ['paper'], tokens: [225_000_000], seed: [1] },
    ],
  },
} as const satisfies Record<ReproduceSize, object>
