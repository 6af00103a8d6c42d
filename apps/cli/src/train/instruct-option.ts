import { instructTemplates } from '@tinystories/dataset/instruct'
import { fromTyped } from '../paths.ts'

/** The template that `--instruct <template>` names: one by name, or a file made absolute. */
export function templateOption({ instruct }: { instruct?: string | undefined }): { instruct?: string } {
  if (instruct === undefined) return {}
  return { instruct: Object.hasOwn(instructTemplates, instruct) ? instruct : fromTyped(instruct) }
}

/** What `--instruct [template]` asks for; alone it means the usual template. */
export function instructOption({ instruct }: { instruct?: string | true | undefined }): {
  instruct?: string | true
} {
  return instruct === true ? { instruct } : templateOption({ instruct })
}

/** How a model is asked: as `--instruct` says, with `--no-instruct` without a template, else as it was trained. */
export function askingOption({ instruct }: { instruct?: string | boolean | undefined }): {
  instruct?: string | null
} {
  return instruct === false
    ? { instruct: null }
    : templateOption({ instruct: typeof instruct === 'string' ? instruct : undefined })
}
