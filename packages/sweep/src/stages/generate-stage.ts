import { join } from 'node:path'
import type { Prompt } from '@tinystories/grader'
import { answerPrompts, checkAnswer } from '@tinystories/grader/measures'
import { beamSearch } from '@tinystories/model/generation'
import { type OpenedModel, openModel, writeStory } from '@tinystories/pipeline'
import { hash } from '../tasks/plan-tasks.ts'
import type { Stage } from '../tasks/stage.ts'
import { cutStories } from './cut-stories.ts'
import { resultSchemas } from './result-schemas.ts'
import type { StageOptions } from './stage-options.ts'

/** How a completion was found. */
export type DecodingMode = 'greedy' | 'beams' | 'sampled'

/** One completion of a prompt. */
export type GeneratedCompletion = {
  promptId: string
  mode: DecodingMode
  /** Which of the sampled ones, from 0. */
  trial: number
  text: string
}

/** How a model goes on where there are right and wrong ways, found by beam search. */
export type GeneratedAnswer = { promptId: string; text: string; answer: 'right' | 'wrong' | 'unknown' }

/** What {@link generateStage} leaves. */
export interface GenerateResult {
  completions: GeneratedCompletion[]
  answers: GeneratedAnswer[]
  /** Sampled continuations of the first training stories, cut at 40 %, in their order; null where one does not fit. */
  continuations: (string | null)[]
}

/** Tokens of an answer: one sentence. */
const answerTokens = 40
/** Prompts that are searched at a time, so that a stop does not wait for all. */
const searchedTogether = 4

/**
 * Lets the model of a cell continue every prompt of the sweep that fits its context: greedily, by beam search as the paper's published
 * completions, and sampled at temperature 1 as the paper's graded ones.
 */
export function generateStage({ spec, prompts, fingerprintOf, access }: StageOptions): Stage {
  const { trials, maxTokens, beams, continuations: stories } = spec
  return {
    name: 'generate',
    version: 2,
    resultSchema: resultSchemas.generate!,
    after: ['train'],
    // An instruct model is asked by instructions.
    applies: ({ instruct }) => !instruct,
    settings: cell => ({
      ...{ trials, maxTokens, beams, stories, prompts: hash(prompts.map(({ text }) => text)) },
      ...{ answers: hash(answerPrompts.map(({ prompt }) => prompt)), fingerprint: fingerprintOf(cell) },
    }),
    async run({ cell, folders, signal, onProgress }) {
      await using model = await openModel(join(folders.train!, 'run'), { signal })
      const sampled = async (prompt: string, temperature: number, seed: number): Promise<string> => {
        let text = ''
        for await (const piece of writeStory(model, {
          ...{ prompt, temperature, topP: 1, seed, maxTokens, signal },
        }))
          text += piece
        return text.slice(prompt.length)
      }
      const fits = (prompt: string): boolean => {
        const { ids } = model.tokenizer.encode(prompt, { addSpecialTokens: false })
        // The token that ends a story stands before the first.
        return ids.length + 1 < model.model.config.contextLength
      }
      const cut = await cutStories(cell, { spec, access }, signal)
      const given = prompts.filter(({ text }) => fits(text))
      const asked = answerPrompts.filter(({ prompt }) => fits(prompt))
      const total = given.length * (2 + trials) + asked.length + cut.length
      let done = 0
      const count = (by = 1): void => {
        done += by
        onProgress(done / total)
      }
      const completions: GeneratedCompletion[] = []
      for (const [at, { id: promptId, text: prompt }] of given.entries()) {
        completions.push({ promptId, mode: 'greedy', trial: 0, text: await sampled(prompt, 0, 0) })
        count()
        for (let trial = 0; trial < trials; trial++) {
          const text = await sampled(prompt, 1, at * trials + trial + 1)
          completions.push({ promptId, mode: 'sampled', trial, text })
          count()
        }
      }
      const texts = given.map(({ text }) => text)
      const found = await search(model, texts, { beams, maxTokens, signal, count })
      for (const [at, text] of found.entries())
        completions.push({ promptId: given[at]!.id, mode: 'beams', trial: 0, text })
      const questions = asked.map(({ prompt }) => prompt)
      const answered = await search(model, questions, { beams, maxTokens: answerTokens, signal, count })
      const answers = asked.map((prompt, at): GeneratedAnswer => {
        const text = answered[at]!
        return { promptId: prompt.id, text, answer: checkAnswer(prompt, text) }
      })
      const continuations: GenerateResult['continuations'] = []
      for (const [at, { text }] of cut.entries()) {
        continuations.push(fits(text) ? await sampled(text, 1, at) : null)
        count()
      }
      return { completions, answers, continuations } satisfies GenerateResult
    },
  }
}

/** The most probable continuation of each prompt. */
async function search(
  { model, tokenizer, stopIds }: OpenedModel,
  prompts: readonly Prompt['text'][],
  options: { beams: number; maxTokens: number; signal: AbortSignal; count: (by: number) => void },
): Promise<string[]> {
  const { beams, maxTokens, signal, count } = options
  const { endOfTextId } = tokenizer
  const end = endOfTextId === undefined ? [] : [endOfTextId]
  const texts: string[] = []
  for (let from = 0; from < prompts.length; from += searchedTogether) {
    const part = prompts.slice(from, from + searchedTogether)
    const ids = part.map(prompt => [...end, ...tokenizer.encode(prompt, { addSpecialTokens: false }).ids])
    const settings = { beams, maxTokens, stopIds: [...stopIds, ...end], signal }
    const found = await beamSearch(model, ids, settings)
    // Decoded with their prompts, because a token may depend on the one before it.
    for (const [at, [best]] of found.entries()) {
      const whole = tokenizer.decode([...ids[at]!, ...best!.ids], { skipSpecialTokens: true })
      const prompt = tokenizer.decode(ids[at]!, { skipSpecialTokens: true })
      texts.push(whole.slice(prompt.length))
    }
    count(part.length)
  }
  return texts
}
