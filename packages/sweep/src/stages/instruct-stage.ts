import { join } from 'node:path'
import { renderInstruction, wholeInstruction } from '@tinystories/dataset/instruct'
import { checkInstruction } from '@tinystories/grader/measures'
import { loadInstructTemplate, openModel, openTrainingSource, writeStory } from '@tinystories/pipeline'
import type { Json, Stage } from '../tasks/stage.ts'
import { resultSchemas } from './result-schemas.ts'
import { dataOf, type StageOptions } from './stage-options.ts'

/** What {@link instructStage} leaves. */
export interface InstructResult {
  /** Words asked for, and how many of them the stories use, in any inflection. */
  asked: number
  used: number
  /** How many of the words of the next instruction the stories use: what needs no following. */
  usedByChance: number
  stories: { words: string[]; text: string }[]
}

/** Decides which words are asked for. */
const seed = 1

/** Asks an instruct model for the words of held-out stories, and counts those that its stories use. */
export function instructStage({ spec, access }: StageOptions): Stage {
  const { instructions, maxTokens } = spec
  return {
    name: 'instruct',
    version: 1,
    resultSchema: resultSchemas.instruct!,
    after: ['prepare', 'train'],
    applies: ({ instruct }) => instruct,
    settings: () => ({ instructions, maxTokens, seed }),
    async run({ cell, folders, signal, onProgress }) {
      const template = await loadInstructTemplate(spec.instruct)
      const { heldOut } = await openTrainingSource({
        ...{ data: dataOf(cell, spec), valid: spec.heldOut, access, signal },
        tokenizer: join(folders.prepare!, 'tokenizer.json'),
        instruct: { template, ood: false, seed, rareWords: true },
      })
      const asked: string[][] = []
      for await (const story of heldOut.iterate({ signal })) {
        if (!('text' in story) || story.words === undefined || story.words.length === 0) continue
        asked.push([...story.words])
        if (asked.length === instructions) break
      }
      await using model = await openModel(join(folders.train!, 'run'), { signal })
      const stories: InstructResult['stories'] = []
      for (const [at, words] of asked.entries()) {
        const instruction = renderInstruction(template, wholeInstruction({ words }))
        const options = { instruction, prompt: '', temperature: 1, topP: 1, seed: at, maxTokens, signal }
        let text = ''
        for await (const piece of writeStory(model, options)) text += piece
        stories.push({ words, text })
        onProgress(stories.length / asked.length)
      }
      const count = (words: readonly string[], text: string): number =>
        Object.values(checkInstruction({ words: [...words] }, text).words).filter(Boolean).length
      const sum = (each: (story: InstructResult['stories'][number], at: number) => number): number =>
        stories.reduce((total, story, at) => total + each(story, at), 0)
      const result: InstructResult = {
        asked: sum(({ words }) => words.length),
        used: sum(({ words, text }) => count(words, text)),
        usedByChance: sum(({ text }, at) => count(stories[(at + 1) % stories.length]!.words, text)),
        stories,
      }
      return result as unknown as Json
    },
  }
}
