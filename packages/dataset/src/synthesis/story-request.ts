import { storyFeatures } from './story-features.ts'
import type { StoryPlan } from './story-plan.ts'

/**
 * Asks for the story of a plan, in our own words.
 *
 * @param summary whether a summary shall stand behind the story, on a line that begins with `Summary:`
 */
export function storyRequest(
  { words: [verb, noun, adjective], features }: StoryPlan,
  summary: boolean,
): string {
  const requirements = features.map(name => `- ${storyFeatures[name]}`)
  return [
    'A child of three or four is about to go to bed. Tell them a little tale of three to five paragraphs, in short sentences and in words that such a child knows.',
    `Somewhere in it, in any form that fits, use "${verb}" as something one does, "${noun}" as a thing, a person or an animal, and "${adjective}" to say what something is like.`,
    ...(requirements.length === 0 ? [] : [`The tale must be so:\n${requirements.join('\n')}`]),
    summary
      ? 'Give the tale alone, without a title or a remark. Behind it, on a line of its own, write Summary: and then tell in one or two sentences what happened.'
      : 'Give the tale alone, without a title or a remark.',
  ].join('\n\n')
}
