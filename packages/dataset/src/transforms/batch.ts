import { DatasetError } from '../errors/dataset-error.ts'
import type { Json } from '../stream/json.ts'
import type { BatchOptions, Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'
import type { PackedRow, TokenBatch } from '../stream/tokens.ts'
import { restoreGroups } from './restore-groups.ts'

/** Items in groups of `size`, the last one smaller where need be: a {@link TokenBatch} of packed rows, a list of anything else. */
export function batch<T>(
  upstream: Stage<T>,
  size: number,
  { dropLast = false, pad = false }: BatchOptions,
): Stage<T[] | TokenBatch> {
  if (upstream.batched) return upstream.batched(size, { dropLast, pad })
  const gather = (items: T[]): T[] | TokenBatch => {
    if (isRow(items[0])) return stackRows(items as PackedRow[], pad ? size : items.length)
    if (pad)
      throw new DatasetError('invalid-option', {
        option: 'batch: pad',
        value: pad,
        expected: 'false but for packed rows',
      })
    return items
  }
  return through<T, T[] | TokenBatch>(upstream, {
    name: `batch(${size}${dropLast ? ', dropLast' : ''}${pad ? ', pad' : ''})`,
    upstreamOf: from => from,
    iterate: cursor => ({
      async next() {
        const items: T[] = []
        const positions: Json[] = []
        while (items.length < size) {
          const item = await cursor.next()
          if (item === undefined) break
          items.push(item.value)
          positions.push(item.at)
        }
        if (items.length === 0 || (dropLast && items.length < size)) return undefined
        return { value: gather(items), at: positions }
      },
      state: () => cursor.state(),
    }),
    async restore(positions, context) {
      const groups = await restoreGroups(upstream, positions as readonly (readonly Json[])[], context)
      return groups.map(gather)
    },
  })
}

function isRow(item: unknown): item is PackedRow {
  if (item === null || typeof item !== 'object') return false
  const { inputs, targets, mask } = item as Partial<PackedRow>
  return inputs instanceof Int32Array && targets instanceof Int32Array && mask instanceof Float32Array
}

/** The rows one after the other, and rows of zeros up to `size`. */
function stackRows(rows: readonly PackedRow[], size: number): TokenBatch {
  const length = rows[0]!.inputs.length
  const batch: TokenBatch = {
    inputs: new Int32Array(size * length),
    targets: new Int32Array(size * length),
    mask: new Float32Array(size * length),
    shape: [size, length],
    bytes: 0,
  }
  for (const [i, row] of rows.entries()) {
    batch.inputs.set(row.inputs, i * length)
    batch.targets.set(row.targets, i * length)
    batch.mask.set(row.mask, i * length)
    batch.bytes += row.bytes
  }
  return batch
}
