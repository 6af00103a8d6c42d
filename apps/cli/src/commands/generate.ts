import { type GenerateOptions, generate as generateStories } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { fromTyped, modelSource } from '../paths.ts'
import { interruptedCode, interruptible } from '../terminal/interrupts.ts'
import { printError, printJson, printPiece } from '../terminal/output.ts'
import { templateOption } from '../train/instruct-option.ts'

export interface GenerateFlags extends Omit<GenerateOptions, 'access' | 'signal' | 'ask'> {
  words?: string[]
  features?: string[]
  summary?: string
  sentence?: string
  json?: boolean
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
  json,
  ...flags
}: GenerateFlags): Promise<number> {
  const stories: string[] = []
  return interruptible(
    async signal => {
      const asked = { words, features, summary, sentence }
      const ask = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
      const options = {
        ...flags,
        ...templateOption({ instruct }),
        ...(Object.keys(ask).length > 0 ? { ask } : {}),
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        model: modelSource(model),
        access: access(),
        signal,
        onUnknown: (texts: readonly string[]) => printError(`Warning: ${describeUnknown(texts)}`),
      }
      for await (const { story, text } of generateStories(options)) {
        if (story > 0 && stories[story] === undefined) printPiece('\n\n---\n\n')
        stories[story] = (stories[story] ?? '') + text
        printPiece(text)
      }
      printPiece('\n')
      if (json) printJson({ stories })
      return 0
    },
    () => {
      // Nobody reads any more.
      if (interruptedCode() === 141) return
      if (stories.length > 0) printPiece('\n')
      if (json) printJson({ stories, interrupted: true })
      printError(
        stories.length === 0
          ? 'Interrupted before the first word.'
          : `Interrupted in story ${stories.length}; what it had written stands above.`,
      )
    },
  )
}

/** What a prompt has that the model cannot see, at most ten of it. */
export function describeUnknown(texts: readonly string[]): string {
  const named = texts
    .slice(0, 10)
    .map(text => JSON.stringify(text))
    .join(', ')
  return `the vocabulary of the model does not know ${named}${texts.length > 10 ? ` and ${texts.length - 10} more` : ''}; it reads the unknown token instead.`
}
