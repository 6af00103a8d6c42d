import type { Story } from '../stream/story.ts'
import type { StoryStream } from '../transforms/story-stream.ts'

/**
 * A fingerprint of the stories' texts in their order: the one that the index of their token shards has as
 * `source.fingerprint`. Node only.
 *
 * @throws the signal's reason when it is aborted; what reading the stories throws
 */
export async function fingerprintStories(
  stories: StoryStream<Story>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { Fingerprint, storyDigest } = await import('./story-tokens.ts')
  const fingerprint = new Fingerprint()
  let number = 0
  for await (const { text } of stories.iterate(signal === undefined ? {} : { signal }))
    fingerprint.add(storyDigest(number++, text), 0)
  return fingerprint.hex()
}
