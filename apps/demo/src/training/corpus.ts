import { openStories } from '@tinystories/dataset'
import { PageError } from '../errors/page-error.ts'

const MAX_BYTES = 32 * 2 ** 20
/** Less than this makes no batch. */
const MIN_CHARACTERS = 20_000
/** A model that writes already can learn from a few pages. */
const MIN_FURTHER = 8_000
const SEPARATOR = '<|endoftext|>'

/** The stories that ship with the packages. */
export async function bundledStories(): Promise<string[]> {
  const stories: string[] = []
  for await (const { text } of openStories('sample')) stories.push(text)
  return stories
}

/**
 * The stories of the visitor's text: separated by `<|endoftext|>` where it occurs, else by blank lines.
 *
 * @param isShort whether a few pages are enough, as they are for a model that is trained further. Default false
 * @throws PageError `text-too-large`, `not-text`, `text-too-short`
 */
export async function storiesOf(
  file: File,
  { isShort = false }: { isShort?: boolean } = {},
): Promise<string[]> {
  const { name, size } = file
  if (size > MAX_BYTES) throw new PageError('text-too-large', { file: name, bytes: size, limit: MAX_BYTES })
  const text = decodeText(await file.arrayBuffer())
  if (text === undefined) throw new PageError('not-text', { file: name })
  const stories = text
    .split(text.includes(SEPARATOR) ? SEPARATOR : /\n\s*\n/)
    .map(story => story.trim())
    .filter(story => story !== '')
  const characters = stories.reduce((sum, story) => sum + story.length, 0)
  const minimum = isShort ? MIN_FURTHER : MIN_CHARACTERS
  if (characters < minimum) throw new PageError('text-too-short', { file: name, characters, minimum })
  return stories
}

/** Undefined for what is not UTF-8, or has zero bytes. */
function decodeText(bytes: ArrayBuffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
