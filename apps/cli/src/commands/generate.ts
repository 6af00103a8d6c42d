import type { BackendName } from '@tinystories/backends'
import { abortOnInterrupt } from '../interrupts.ts'
import { fromTyped, typedFolder } from '../paths.ts'
import { findModelFolder } from '../run-folder.ts'
import { loadModel, writeStory } from '../stories.ts'

export interface GenerateFlags {
  model?: string
  prompt: string
  count: number
  maxTokens: number
  temperature: number
  topK?: number
  topP: number
  seed: number
  backend: BackendName
}

/**
 * Writes stories to the standard output, as they come.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export async function generate({
  model: path,
  count,
  backend,
  seed,
  ...flags
}: GenerateFlags): Promise<number> {
  const folder = await findModelFolder(path === undefined ? undefined : fromTyped(path), typedFolder())
  const loaded = await loadModel(folder, backend)
  const interrupt = abortOnInterrupt()
  try {
    for (let i = 0; i < count; i++) {
      if (i > 0) process.stdout.write('\n---\n\n')
      for await (const piece of writeStory(loaded, { ...flags, seed: seed + i, signal: interrupt.signal })) {
        process.stdout.write(piece)
      }
      process.stdout.write('\n')
    }
    return 0
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    process.stdout.write('\n')
    return 130
  } finally {
    interrupt.release()
  }
}
