import { measureCompletions } from '@tinystories/grader/measures'
import { openTextOrTokens } from '@tinystories/pipeline'
import type { Json, Stage } from '../tasks/stage.ts'
import type { GenerateResult } from './generate-stage.ts'
import type { StageOptions } from './prepare-stage.ts'

/** Measures the diversity and the novelty of the sampled completions, as the paper does in its section on memorization. */
export function measureStage({ spec, access, fingerprint }: StageOptions): Stage {
  return {
    name: 'measure',
    version: 1,
    after: ['generate'],
    settings: () => ({ fingerprint }),
    async run({ results, signal }) {
      const { completions } = results.generate as unknown as GenerateResult
      const sampled = completions.filter(({ trial }) => trial > 0)
      const stories = openTextOrTokens(spec.data, undefined, {}, access ?? {})
      async function* corpus(): AsyncGenerator<string> {
        for await (const story of stories.iterate({ signal })) if ('text' in story) yield story.text
      }
      const measures = await measureCompletions(sampled, { corpus: corpus(), signal })
      return measures as unknown as Json
    },
  }
}
