import { type GenerateOptions, generate as generateStories } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { fromTyped, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { printPiece } from '../terminal/output.ts'
import { instructOption } from '../train/instruct-option.ts'

export interface GenerateFlags extends Omit<GenerateOptions, 'access' | 'signal' | 'ask'> {
  words?: string[]
  features?: string[]
  summary?: string
  sentence?: string
}

/**
 * Generates stories on the standard output, as they come.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function generate({
  model,
  words,
  features,
  summary,
  sentence,
  instruct,
  adapter,
  ...flags
}: GenerateFlags): Promise<number> {
  return interruptible(
    async signal => {
      let current = 0
      const asked = { words, features, summary, sentence }
      const ask = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
      const options = {
        ...flags,
        ...instructOption({ instruct }),
        ...(Object.keys(ask).length > 0 ? { ask } : {}),
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        model: modelSource(model),
        access: access(),
        signal,
      }
      for await (const { story, text } of generateStories(options)) {
        if (story !== current) printPiece('\n\n---\n\n')
        current = story
        printPiece(text)
      }
      printPiece('\n')
      return 0
    },
    () => printPiece('\n'),
  )
}
