import { type OpenModelOptions, openModel } from './model/open-model.ts'
import { type StoryOptions, writeStory } from './recipe/write-story.ts'

/** Options of {@link generate}. */
export interface GenerateOptions extends StoryOptions {
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** How many stories. Default 1; each has a seed of its own, from `seed` up. */
  count?: number
  engine?: OpenModelOptions['engine']
  threads?: number | undefined
  access?: Omit<OpenModelOptions, 'engine' | 'threads' | 'signal'>
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
 * @throws what {@link openModel} and {@link writeStory} throw
 */
export async function* generate({
  model: source,
  count = 1,
  engine = 'auto',
  threads,
  access = {},
  ...options
}: GenerateOptions): AsyncGenerator<StoryPiece> {
  const { seed, signal } = options
  await using opened = await openModel(source, { ...access, engine, threads, ...(signal && { signal }) })
  for (let story = 0; story < count; story++)
    for await (const text of writeStory(opened, { ...options, seed: seed + story })) yield { story, text }
}
