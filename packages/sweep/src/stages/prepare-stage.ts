import { join } from 'node:path'
import { measureStories, openTrainingSource } from '@tinystories/pipeline'
import type { Stage } from '../tasks/stage.ts'
import { resultSchemas } from './result-schemas.ts'
import { dataOf, type StageOptions } from './stage-options.ts'

/** What {@link prepareStage} leaves, besides `tokenizer.json`. */
export interface PrepareResult {
  vocabSize: number
  stories: number
  tokens: number
}

/** Trains the tokenizer that all cells share. */
export function prepareStage({ spec, fingerprintOf, access }: StageOptions): Stage {
  const { heldOut, vocabSize } = spec
  return {
    name: 'prepare',
    version: 1,
    resultSchema: resultSchemas.prepare!,
    leavesFiles: true,
    after: [],
    settings: cell => ({ fingerprint: fingerprintOf(cell), vocabSize: vocabSize ?? null }),
    async run({ cell, folder, signal }) {
      const source = await openTrainingSource({
        ...{ data: dataOf(cell, spec), valid: heldOut, vocabSize, access, signal },
      })
      await source.tokenizer.save(join(folder, 'tokenizer.json'))
      const { stories, tokens } = await measureStories(source.train, source.tokenizer, { signal })
      return { vocabSize: source.tokenizer.vocabSize, stories, tokens } satisfies PrepareResult
    },
  }
}
