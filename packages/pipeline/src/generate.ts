import type { Instruction } from '@tinystories/dataset/instruct'
import { type OpenModelOptions, openModel } from './model/open-model.ts'
import { type StoryOptions, writeStory } from './recipe/write-story.ts'
import { unknownTexts } from './unknown-texts.ts'
import { templateFor, writeInstruction } from './write-instruction.ts'

/** Options of {@link generate}. */
export interface GenerateOptions extends Omit<StoryOptions, 'instruction' | 'prompt'> {
  /** Text that the story starts with. Default: nothing where something is asked for, else `Once upon a time`. */
  prompt?: string | undefined
  /** What a model that was trained on instructions is asked for. */
  ask?: Instruction | undefined
  /** Name or path of the template of the instruction. Default: the one that the model was trained with. */
  instruct?: string | undefined
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** How many stories. Default 1; each has a seed of its own, from `seed` up. */
  count?: number
  /** Folder of an adapter that is added to the model. Default: none. */
  adapter?: string | undefined
  engine?: OpenModelOptions['engine']
  threads?: number | undefined
  weights?: OpenModelOptions['weights']
  /** Called once, before anything is written, with what of the prompt or instruction the vocabulary cannot spell. */
  onUnknown?: ((texts: readonly string[]) => void) | undefined
  access?: Omit<OpenModelOptions, 'engine' | 'threads' | 'weights' | 'signal'>
}

/** A piece of a story, as soon as it is generated. */
export interface StoryPiece {
  /** Which story, from 0. */
  story: number
  text: string
}

/**
 * Generates stories with a model, piece by piece.
 *
 * @throws PipelineError `no-instruct-template`, `not-in-template`; what {@link openModel} and {@link writeStory} throw
 */
export async function* generate({
  model: source,
  ask,
  instruct,
  prompt = ask ? '' : 'Once upon a time',
  count = 1,
  adapter,
  engine = 'auto',
  threads,
  weights,
  onUnknown,
  access = {},
  ...options
}: GenerateOptions): AsyncGenerator<StoryPiece> {
  const { seed, signal } = options
  await using opened = await openModel(source, {
    ...access,
    adapter,
    engine,
    threads,
    weights,
    ...(signal && { signal }),
  })
  const instruction = ask && writeInstruction(ask, await templateFor(opened.folder, instruct))
  const unknown = onUnknown ? unknownTexts(opened.tokenizer, (instruction ?? '') + prompt) : []
  if (unknown.length > 0) onUnknown?.(unknown)
  const asked = { ...options, prompt, ...(instruction !== undefined && { instruction }) }
  for (let story = 0; story < count; story++)
    for await (const text of writeStory(opened, { ...asked, seed: seed + story })) yield { story, text }
}
