import { evaluate as evaluateModel, type StoryFormat } from '@tinystories/pipeline'
import type { EngineName } from '@tinystories/trainer'
import { access } from '../access.ts'
import { forDisplay, fromTyped, modelSource } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printError, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { askingOption } from '../train/instruct-option.ts'

export interface EvaluateFlags extends StoryFormat {
  model?: string
  data: string
  batch: number
  engine: EngineName | 'auto'
  json?: boolean
  adapter?: string
  instruct?: string | boolean
}

/**
 * Evaluates a model on stories.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function evaluate({
  model,
  data,
  batch,
  json,
  instruct,
  adapter,
  ...flags
}: EvaluateFlags): Promise<number> {
  return interruptible(
    async signal => {
      const progress = new ProgressLine()
      const { score, folder, engine, seconds } = await evaluateModel({
        ...flags,
        ...askingOption({ instruct }),
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        model: modelSource(model),
        data: resolveSource(data),
        batchSize: batch,
        access: access(),
        signal,
        onProgress: ({ done, total }) => progress.update({ done, total }, () => `batch ${done} of ${total}`),
      }).finally(() => progress.end())
      if (json) {
        printJson({ model: folder, data, engine, seconds, ...score })
        return 0
      }
      print(`Model: ${forDisplay(folder)}, engine ${engine}`)
      print(
        `${score.bitsPerByte.toFixed(4)} bits per byte, ${score.nats.toFixed(4)} nats/token, perplexity ${score.perplexity.toFixed(2)}, ${(score.accuracy * 100).toFixed(1)} % right`,
      )
      print(
        `${score.tokens.toLocaleString('en')} tokens, ${score.bytes.toLocaleString('en')} bytes in ${seconds.toFixed(1)} s`,
      )
      return 0
    },
    () => printError('Interrupted. Nothing was evaluated; the same command starts again.'),
  )
}
