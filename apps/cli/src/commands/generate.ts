import { type GenerateOptions, generate as generateStories } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { printPiece } from '../terminal/output.ts'

export type GenerateFlags = Omit<GenerateOptions, 'access' | 'signal'>

/**
 * Generates stories on the standard output, as they come.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function generate({ model, ...flags }: GenerateFlags): Promise<number> {
  return interruptible(
    async signal => {
      let current = 0
      const options = { ...flags, model: modelSource(model), access: access(), signal }
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
