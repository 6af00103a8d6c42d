import { join } from 'node:path'
import { storyPrompts } from '@tinystories/grader'
import { openModel, writeStory } from '@tinystories/pipeline'
import { hash } from '../tasks/plan-tasks.ts'
import type { Stage } from '../tasks/stage.ts'
import type { StageOptions } from './prepare-stage.ts'

/** One completion; trial 0 is greedy, the others are sampled at temperature 1 as in the paper. */
export type GeneratedCompletion = { promptId: string; trial: number; prompt: string; text: string }

/** What {@link generateStage} leaves. */
export interface GenerateResult {
  completions: GeneratedCompletion[]
}

/** Lets the model of a cell continue every prompt of the sweep. */
export function generateStage({ spec }: StageOptions): Stage {
  const { trials, maxTokens } = spec
  const prompts = spec.prompts?.map((text, at) => ({ id: `prompt-${at + 1}`, text })) ?? storyPrompts
  return {
    name: 'generate',
    version: 1,
    after: ['train'],
    settings: () => ({ prompts: hash(prompts.map(({ text }) => text)), trials, maxTokens }),
    async run({ folders, signal, onProgress }) {
      await using model = await openModel(join(folders.train!, 'run'), { signal })
      const completions: GeneratedCompletion[] = []
      const total = prompts.length * (1 + trials)
      for (const [at, { id, text: prompt }] of prompts.entries())
        for (let trial = 0; trial <= trials; trial++) {
          const temperature = trial === 0 ? 0 : 1
          const seed = at * (1 + trials) + trial
          const pieces = writeStory(model, { prompt, temperature, topP: 1, seed, maxTokens, signal })
          let text = ''
          for await (const piece of pieces) text += piece
          completions.push({ promptId: id, trial, prompt, text: text.slice(prompt.length) })
          onProgress(completions.length / total)
        }
      return { completions } satisfies GenerateResult
    },
  }
}
