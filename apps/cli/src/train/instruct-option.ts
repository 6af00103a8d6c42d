import { instructTemplates } from '@tinystories/dataset/instruct'
import { fromTyped } from '../paths.ts'

/** The template that `--instruct [template]` names: one by name, or a file made absolute; alone it means tinystories. */
export function instructOption({ instruct }: { instruct?: string | boolean | undefined }): {
  instruct?: string
} {
  if (instruct === undefined || instruct === false) return {}
  if (instruct === true) return { instruct: 'tinystories' }
  return { instruct: Object.hasOwn(instructTemplates, instruct) ? instruct : fromTyped(instruct) }
}

/** How a model is asked: as `--instruct` says, with `--no-instruct` without a template, else as it was trained. */
export function askingOption({ instruct }: { instruct?: string | boolean | undefined }): {
  instruct?: string | null
} {
  return instruct === false ? { instruct: null } : instructOption({ instruct })
}
