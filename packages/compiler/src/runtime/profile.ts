/** What the operations of one kind took, over all runs of a profile. */
export interface ProfileRow {
  /** The operation, such as `FusedMatMul`. */
  op: string
  /** How often it ran. */
  calls: number
  milliseconds: number
  /** Of the time of all operations, from 0 to 1. */
  share: number
}

/**
 * A profile by operation, the longest first.
 *
 * @param json the text of a file that ONNX Runtime wrote for the option `profile` of `compile`
 * @throws SyntaxError when it is no JSON
 */
export function profileByOperation(json: string): ProfileRow[] {
  const events = JSON.parse(json) as {
    cat?: string
    name?: string
    dur?: number
    args?: { op_name?: string }
  }[]
  const found = new Map<string, { calls: number; microseconds: number }>()
  let total = 0
  for (const { cat, name, dur = 0, args } of events) {
    if (cat !== 'Node' || !name?.endsWith('_kernel_time') || args?.op_name === undefined) continue
    const entry = found.get(args.op_name) ?? { calls: 0, microseconds: 0 }
    entry.calls++
    entry.microseconds += dur
    total += dur
    found.set(args.op_name, entry)
  }
  return [...found]
    .map(([op, { calls, microseconds }]) => ({
      op,
      calls,
      milliseconds: microseconds / 1000,
      share: microseconds / total,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
}
