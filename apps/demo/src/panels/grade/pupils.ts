import { type Prompt, storyPrompts } from '@tinystories/grader'

export const MOST_MODELS = 3
export const MOST_BEGINNINGS = 24
const MOST_CHARACTERS = 600

const known = new Map(storyPrompts.map(beginning => [beginning.text, beginning]))

/** Some of the grader's beginnings, one a line. */
export function someBeginnings(count: number, from = 0): string {
  return Array.from({ length: count }, (_, i) => storyPrompts[(from + i) % storyPrompts.length]!.text).join(
    '\n',
  )
}

/**
 * The beginnings that were typed, one a line.
 *
 * @throws Error that says what is wrong with them
 */
export function beginningsOf(text: string): Prompt[] {
  const lines = [...new Set(text.split('\n').map(line => line.trim()))].filter(line => line !== '')
  if (lines.length === 0) throw new Error('There is no beginning: write one a line.')
  if (lines.length > MOST_BEGINNINGS)
    throw new Error(`${lines.length} beginnings are more than this page takes (${MOST_BEGINNINGS}).`)
  return lines.map((line, i) => {
    if (line.length > MOST_CHARACTERS)
      throw new Error(`Beginning ${i + 1} has ${line.length} characters: ${MOST_CHARACTERS} at most.`)
    return known.get(line) ?? { id: `own-${i + 1}`, text: line }
  })
}
