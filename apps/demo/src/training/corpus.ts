import { openStories } from '@tinystories/dataset'

/** A text file that is no text, or too much of it. */
export class CorpusProblem extends Error {
  override readonly name = 'CorpusProblem'
}

const MAX_BYTES = 32 * 2 ** 20
/** Less than this makes no batch. */
const MIN_CHARACTERS = 20_000
const SEPARATOR = '<|endoftext|>'

/** The stories that come with the packages. */
export async function bundledStories(): Promise<string[]> {
  const stories: string[] = []
  for await (const { text } of openStories('sample')) stories.push(text)
  return stories
}

/**
 * The stories of the visitor's text: between `<|endoftext|>` where there is any, else paragraphs.
 *
 * @throws CorpusProblem: what is wrong with the file, and what to do
 */
export async function storiesOf(file: File): Promise<string[]> {
  if (file.size > MAX_BYTES) {
    throw new CorpusProblem(
      `${file.name} has ${Math.round(file.size / 2 ** 20).toLocaleString('en')} MB: a page trains on up to ${MAX_BYTES / 2 ** 20} MB. Take a part of it, or the command line.`,
    )
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
  } catch {
    throw new CorpusProblem(`${file.name} is no text (in UTF-8). Take a plain text file.`)
  }
  if (text.includes('\0')) throw new CorpusProblem(`${file.name} is no text. Take a plain text file.`)
  const stories = text
    .split(text.includes(SEPARATOR) ? SEPARATOR : /\n\s*\n/)
    .map(story => story.trim())
    .filter(story => story !== '')
  const characters = stories.reduce((sum, story) => sum + story.length, 0)
  if (characters < MIN_CHARACTERS) {
    throw new CorpusProblem(
      `${file.name} has ${characters.toLocaleString('en')} characters of text: take one of at least ${MIN_CHARACTERS.toLocaleString('en')}, or there is nothing to learn from.`,
    )
  }
  return stories
}
