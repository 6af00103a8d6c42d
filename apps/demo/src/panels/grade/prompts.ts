import { type Prompt, storyPrompts } from '@tinystories/grader'
import { PageError } from '../../errors/page-error.ts'

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
 * @throws PageError `prompt-count`, `prompt-too-long`
 */
export function parsePrompts(text: string): Prompt[] {
  const lines = [...new Set(text.split('\n').map(line => line.trim()))].filter(line => line !== '')
  if (lines.length === 0 || lines.length > MAX_PROMPTS)
    throw new PageError('prompt-count', { count: lines.length, limit: MAX_PROMPTS })
  return lines.map((line, i) => {
    if (line.length > MAX_CHARACTERS)
      throw new PageError('prompt-too-long', {
        number: i + 1,
        characters: line.length,
        limit: MAX_CHARACTERS,
      })
    return known.get(line) ?? { id: `own-${i + 1}`, text: line }
  })
}
