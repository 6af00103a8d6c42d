import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the models are that ship with the page. */
export const models: string = fileURLToPath(new URL('../../models/', import.meta.url))

export type ModelFile = 'model.safetensors' | 'config.json' | 'tokenizer.json'

/** The files of a shipped model in a folder of their own, some of them with other contents. */
export async function modelFiles(
  folder: string,
  changes: Partial<Record<ModelFile, Buffer | string>> = {},
  id = 'small',
): Promise<string[]> {
  const sources: Record<ModelFile, string> = {
    'model.safetensors': `${id}/`,
    'config.json': `${id}/`,
    'tokenizer.json': '',
  }
  for (const [file, place] of Object.entries(sources)) {
    const change = changes[file as ModelFile]
    if (change === undefined) await copyFile(join(models, place, file), join(folder, file))
    else await writeFile(join(folder, file), change)
  }
  return Object.keys(sources).map(file => join(folder, file))
}
