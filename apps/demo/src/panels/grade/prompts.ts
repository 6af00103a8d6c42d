import { type Prompt, storyPrompts } from '@tinystories/grader'

export const MAX_MODELS = 3
export const MAX_PROMPTS = 24
const MAX_CHARACTERS = 600

const known = new Map(storyPrompts.map(prompt => [prompt.text, prompt]))

/** Some of the grader's prompts, one per line. */
export function samplePrompts(count: number, from = 0): string {
  return Array.from({ length: count }, (_, i) => storyPrompts[(from + i) % storyPrompts.length]!.text).join(
    '\n',
  )
}

/**
 * Reads the prompts that were typed, one per line.
 *
 * @throws Error that says what is wrong with them
 */
export function parsePrompts(text: string): Prompt[] {
  const lines = [...new Set(text.split('\n').map(line => line.trim()))].filter(line => line !== '')
  if (lines.length === 0) throw new Error('Enter at least one prompt, one per line.')
  if (lines.length > MAX_PROMPTS)
    throw new Error(`${lines.length} prompts are too many: the page takes up to ${MAX_PROMPTS}.`)
  return lines.map((line, i) => {
    if (line.length > MAX_CHARACTERS)
      throw new Error(`Prompt ${i + 1} has ${line.length} characters; the limit is ${MAX_CHARACTERS}.`)
    return known.get(line) ?? { id: `own-${i + 1}`, text: line }
  })
}
