import { requireShare } from '../errors/require-options.ts'
import { mix } from '../stream/mix.ts'
import type { Story } from '../stream/story.ts'
import type { TokenizedStory } from '../stream/tokens.ts'
import type { StoryStream } from './story-stream.ts'

/** Options of {@link splitStories}. */
export interface SplitOptions {
  /** Share of the stories to hold out, 0 to 1. Default 0.1. */
  heldOut?: number
  /** Another seed holds out other stories. Default 0. */
  seed?: number
}

/**
 * Splits a stream into stories to train on and stories held out. A story's own text decides, white space aside, so the
 * same story is on the same side in any order, file or layout, and copies cannot leak from one side to the other.
 * The share holds on average. Of stories that are tokens already the tokens decide, so that side may be another one.
 */
export function splitStories<S extends Story | TokenizedStory>(
  stories: StoryStream<S>,
  { heldOut = 0.1, seed = 0 }: SplitOptions = {},
): { train: StoryStream<S>; heldOut: StoryStream<S> } {
  requireShare('heldOut', heldOut)
  const isHeldOut = (story: S): boolean =>
    ('ids' in story ? tokenFraction(story.ids, seed) : storyFraction(story.text, seed)) < heldOut
  return { train: stories.filter(story => !isHeldOut(story)), heldOut: stories.filter(isHeldOut) }
}

/** A number from 0 up to 1 that depends on the characters of the text that are not white space (FNV-1a, mixed). */
export function storyFraction(text: string, seed: number): number {
  let hash = mix(seed) ^ 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x20) hash = Math.imul(hash ^ unit, 0x01000193)
  }
  return (mix(hash) >>> 0) / 0x1_0000_0000
}

/** The same for a story's tokens. */
function tokenFraction(ids: Int32Array, seed: number): number {
  let hash = mix(seed) ^ 0x811c9dc5
  for (const id of ids) hash = mix(Math.imul(hash ^ id, 0x01000193))
  return (mix(hash) >>> 0) / 0x1_0000_0000
}
