import type { Completion } from '@tinystories/grader'
import { type MeasuresSummary, measureCompletions } from '@tinystories/grader/measures'
import { openTextOrTokens } from '@tinystories/pipeline'
import type { Json, Stage } from '../tasks/stage.ts'
import { cutStories } from './cut-stories.ts'
import type { GenerateResult } from './generate-stage.ts'
import { resultSchemas } from './result-schemas.ts'
import { dataOf, type StageOptions } from './stage-options.ts'

/** What {@link measureStage} leaves. */
export interface MeasureResult {
  /** The sampled completions: words, repetition, instructions. */
  completions: MeasuresSummary
  /** The paper's four histograms, of the continued training stories; undefined without any. */
  continuations?: MeasuresSummary
}

/** Measures the diversity and the novelty of what a cell wrote, as the paper does in its section on memorization. */
export function measureStage({ spec, access, fingerprintOf }: StageOptions): Stage {
  return {
    name: 'measure',
    version: 2,
    resultSchema: resultSchemas.measure!,
    after: ['generate'],
    // An instruct model is asked by instructions.
    applies: ({ instruct }) => !instruct,
    settings: cell => ({ fingerprint: fingerprintOf(cell) }),
    async run({ cell, results, signal }) {
      const { completions, continuations } = results.generate as unknown as GenerateResult
      const sampled = completions
        .filter(({ mode }) => mode === 'sampled')
        .map(({ promptId, trial, text }): Completion => ({ promptId, trial, prompt: '', text }))
      const cut = await cutStories(cell, { spec, access }, signal)
      const continued = cut.flatMap(({ text: prompt, reference }, at): Completion[] => {
        const text = continuations[at] ?? null
        return text === null ? [] : [{ promptId: `${at + 1}`, trial: 0, prompt, text, reference }]
      })
      const stories = openTextOrTokens(dataOf(cell, spec), undefined, {}, access ?? {})
      async function* corpus(): AsyncGenerator<string> {
        for await (const story of stories.iterate({ signal })) if ('text' in story) yield story.text
      }
      const measures: MeasureResult = {
        completions: await measureCompletions(sampled, { signal }),
        ...(continued.length > 0 && {
          continuations: await measureCompletions(continued, { corpus: corpus(), signal }),
        }),
      }
      return measures as unknown as Json
    },
  }
}
