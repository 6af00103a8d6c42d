import { writeStory } from '@tinystories/pipeline/recipe'
import { interruptible } from '../interrupts.ts'
import { openModel } from '../open-model.ts'
import type { WritingEngine } from '../writing-engines.ts'

export interface GenerateFlags {
  model?: string
  prompt: string
  count: number
  maxTokens: number
  temperature: number
  topK?: number
  topP: number
  minP?: number
  repetitionPenalty?: number
  stop?: string[]
  seed: number
  engine: WritingEngine | 'auto'
  threads?: number
}

/**
 * Writes stories to the standard output, as they come.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function generate(flags: GenerateFlags): Promise<number> {
  return interruptible(
    signal => write(flags, signal),
    () => process.stdout.write('\n'),
  )
}

async function write(
  { model: source, count, engine, threads, seed, ...flags }: GenerateFlags,
  signal: AbortSignal,
): Promise<number> {
  await using loaded = await openModel(source, { engine, threads, signal })
  for (let i = 0; i < count; i++) {
    if (i > 0) process.stdout.write('\n---\n\n')
    for await (const piece of writeStory(loaded, { ...flags, seed: seed + i, signal })) {
      process.stdout.write(piece)
    }
    process.stdout.write('\n')
  }
  return 0
}
