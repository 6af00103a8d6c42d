import { DatasetError } from '../errors/dataset-error.ts'
import { fieldsOf, type Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'
import { orderedIndices, type ShardOrder } from './shard-order.ts'
import type { TokenReader, TokenReaderOptions } from './token-reader.ts'

/** A folder of token shards and how it is read. */
export interface ShardSource extends Pick<TokenReaderOptions, 'verify' | 'cacheBytes'> {
  folder: string
}

/** What an {@link orderedStage} gives. */
export interface OrderedItems<T> {
  recipe: readonly string[]
  /** How many there are in an epoch. */
  sizeOf(reader: TokenReader): number
  /** Makes what stands at these indices; `group` of them at a time, fewer at the end. */
  make(reader: TokenReader, indices: readonly number[]): T
  group: number
  dropLast: boolean
}

/**
 * Things of token shards in an order that is computed, not kept. A position is one number: how many things all ranks
 * together have been given; so the state of one rank serves every rank, and any other number of ranks, as long as they
 * go in step.
 */
export function orderedStage<T>(source: ShardSource, order: ShardOrder, items: OrderedItems<T>): Stage<T> {
  const { group, dropLast } = items
  return {
    recipe: items.recipe,
    immediate: true,
    open(context, from) {
      let given = 0
      let opened: Opened | undefined
      return {
        async next() {
          if (opened === undefined) {
            opened = await openSource(source, context)
            given = startOf(from, opened)
          }
          const { reader } = opened
          const size = items.sizeOf(reader)
          const total = size * order.times
          opened.indexAt ??= orderedIndices(size, order, context.epoch)
          const indices: number[] = []
          for (let i = 0; i < group; i++) {
            const position = given + i * order.world + order.rank
            if (position >= total) break
            indices.push(opened.indexAt(position))
          }
          if (indices.length === 0 || (dropLast && indices.length < group)) return undefined
          given += group * order.world
          return { value: items.make(reader, indices), at: group === 1 ? indices[0]! : indices }
        },
        state: () => (opened === undefined ? (from ?? null) : { given, of: opened.id }),
        bytesRead: () => {
          if (opened === undefined) return 0
          const { reader, bytes } = opened
          const total = items.sizeOf(reader) * order.times
          return Math.floor(Math.min(given, total) * (bytes / items.sizeOf(reader)))
        },
        close: async () => opened?.reader.close(),
      }
    },
    async restore(positions, context) {
      const { reader } = await openSource(source, context)
      try {
        return positions.map(position =>
          items.make(reader, typeof position === 'number' ? [position] : (position as readonly number[])),
        )
      } finally {
        reader.close()
      }
    },
    async bytesTotal() {
      const { readIndex } = await import('./token-reader.ts')
      const { widthOf } = await import('./dtype.ts')
      const { tokens, dtype } = await readIndex(source.folder)
      const bytes = tokens * widthOf[dtype] * order.times
      return Number.isFinite(bytes) ? bytes : undefined
    },
  }
}

interface Opened {
  reader: TokenReader
  /** Names the content. */
  id: string
  bytes: number
  indexAt?: (position: number) => number
}

// With `verify` checksums are compared once a process, not once an iteration.
const verified = new Set<string>()

async function openSource(source: ShardSource, { signal }: RunContext): Promise<Opened> {
  const { TokenReader } = await import('./token-reader.ts')
  const { widthOf } = await import('./dtype.ts')
  const { sha256 } = await import('./shard-index.ts')
  const verify = source.verify === true && !verified.has(source.folder)
  const reader = await TokenReader.open(source.folder, { ...source, verify, signal })
  if (verify) verified.add(source.folder)
  const { shards, dtype, tokens } = reader.index
  const id = sha256(shards.map(shard => shard.sha256 + shard.storiesSha256).join()).slice(0, 16)
  return { reader, id, bytes: tokens * widthOf[dtype] }
}

function startOf(from: Json | undefined, { id, reader }: Opened): number {
  if (from === undefined || from === null) return 0
  const { given, of } = fieldsOf(from)
  if (of === id && typeof given === 'number') return given
  reader.close()
  throw new DatasetError('source-mismatch', {
    source: 'The token shards',
    property: 'content',
    saved: String(of),
    current: id,
  })
}
