import type { Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'

/** Restores items of several stages; a position is `[stage, position there]`. */
export async function restoreParts<T>(
  stages: readonly Stage<T>[],
  positions: readonly Json[],
  context: RunContext,
): Promise<T[]> {
  const pairs = positions as readonly (readonly [part: number, position: Json])[]
  const values = new Array<T>(pairs.length)
  for (const [part, stage] of stages.entries()) {
    const slots = [...pairs.keys()].filter(slot => pairs[slot]![0] === part)
    if (slots.length === 0) continue
    const restored = await stage.restore(
      slots.map(slot => pairs[slot]![1]),
      context,
    )
    for (const [i, slot] of slots.entries()) values[slot] = restored[i]!
  }
  return values
}

/** Size of all stages together, where all are known. */
export async function sumOfBytes(
  stages: readonly Stage<unknown>[],
  context: RunContext,
): Promise<number | undefined> {
  const sizes = await Promise.all(stages.map(stage => stage.bytesTotal(context)))
  return sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  )
}
