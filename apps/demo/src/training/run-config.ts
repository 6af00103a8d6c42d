import { openStories, type Story, type StoryStream, splitStories } from '@tinystories/dataset'
import { instructStories } from '@tinystories/dataset/instruct'
import { type GptConfig, gptConfig } from '@tinystories/model'
import type { RunStart } from './run-store.ts'
import { sizeOf } from './settings.ts'

/** The model of a run: that which it starts from, else a new one with as many pieces as its vocabulary came to have. */
export function configOf(
  { settings, from, windowLength }: Pick<RunStart, 'settings' | 'from' | 'windowLength'>,
  vocabSize: number,
): GptConfig {
  if (from) return from.config
  const { model } = sizeOf(settings)
  return gptConfig('sample', {
    ...model,
    contextLength: Math.max(model.contextLength, windowLength ?? 0),
    vocabSize,
  })
}

/** Share of the stories that is held out: more of a short text, so that there is something to evaluate on. */
const heldOutShare = (stories: number): number => Math.min(0.3, Math.max(0.04, 8 / stories))

/** The stories of a run to train on and those held out, with their instructions where they get some. */
export function openRunStories({ stories, instruct }: Pick<RunStart, 'stories' | 'instruct'>): {
  train: StoryStream<Story>
  heldOut: StoryStream<Story>
} {
  const { train, heldOut } = splitStories(openStories(stories), { heldOut: heldOutShare(stories.length) })
  if (!instruct) return { train, heldOut }
  return { train: instructStories(train, instruct), heldOut: instructStories(heldOut, instruct) }
}
