import { join } from 'node:path'
import { measureStories, openTrainingSource, type SourceAccess } from '@tinystories/pipeline'
import type { SweepSpec } from '../spec/sweep-spec.ts'
import type { Stage } from '../tasks/stage.ts'

/** What {@link prepareStage} leaves, besides `tokenizer.json`. */
export interface PrepareResult {
  vocabSize: number
  stories: number
  tokens: number
}

/** Options of the stages. */
export interface StageOptions {
  spec: SweepSpec
  /** Identifies the content of the stories, so that other stories make other cells. */
  fingerprint: string
  access?: SourceAccess | undefined
  /** Threads of a training. Default: one for each core. */
  threads?: number | undefined
}

/** Trains the tokenizer that all cells share. */
export function prepareStage({ spec, fingerprint, access }: StageOptions): Stage {
  const { data, heldOut, vocabSize } = spec
  return {
    name: 'prepare',
    version: 1,
    after: [],
    settings: () => ({ fingerprint, vocabSize: vocabSize ?? null }),
    async run({ folder, signal }) {
      const source = await openTrainingSource({ data, valid: heldOut, vocabSize, access, signal })
      await source.tokenizer.save(join(folder, 'tokenizer.json'))
      const { stories, tokens } = await measureStories(source.train, source.tokenizer, { signal })
      return { vocabSize: source.tokenizer.vocabSize, stories, tokens } satisfies PrepareResult
    },
  }
}
