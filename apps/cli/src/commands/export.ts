import { type ExportModelOptions, exportModel as exportTo } from '@tinystories/pipeline'
import { access } from '../access.ts'
import { UserError } from '../errors/user-error.ts'
import { forDisplay, fromTyped, modelSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'

export interface ExportFlags extends Pick<ExportModelOptions, 'format' | 'length' | 'rows' | 'license'> {
  model?: string
  adapter?: string
  out: string
  json?: boolean
}

/**
 * Writes a model with its tokenizer into a folder, for other programs.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function exportModel({ model, out, adapter, json, ...flags }: ExportFlags): Promise<number> {
  return interruptible(
    async signal => {
      if (flags.format !== 'onnx-fixed' && (flags.length ?? flags.rows) !== undefined)
        throw new UserError('--length and --rows are of --format onnx-fixed. Leave them out.')
      const folder = fromTyped(out)
      await exportTo({
        ...flags,
        ...(adapter === undefined ? {} : { adapter: fromTyped(adapter) }),
        model: modelSource(model),
        folder,
        access: access(),
        signal,
      })
      print(`Written to ${forDisplay(folder)}`)
      if (json) printJson({ folder, format: flags.format })
      return 0
    },
    () => print('Interrupted. Files that are there are whole; the same command writes them all again.'),
  )
}
