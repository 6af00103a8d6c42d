import type { BatchOptions, Stage } from '../stream/stage.ts'
import type { PackedRow, TokenBatch } from '../stream/tokens.ts'
import { weightName } from '../transforms/pack-stream.ts'
import { orderedStage, type ShardSource } from './ordered-stage.ts'
import { orderRecipe, type ShardOrder } from './shard-order.ts'
import type { TokenReader } from './token-reader.ts'

/** Rows of `contextLength` targets: the stories one after the other, cut where a row is full. */
export function windowStage(
  source: ShardSource,
  order: ShardOrder,
  contextLength: number,
  promptLossWeight: number,
): Stage<PackedRow> {
  const recipe = [
    'token shards',
    `pack(${contextLength} by stream${weightName(promptLossWeight)})`,
    ...orderRecipe(order),
  ]
  const sizeOf = (reader: TokenReader): number => reader.windows(contextLength)
  const rows = orderedStage<PackedRow>(source, order, {
    recipe,
    sizeOf,
    make: (reader, [window]) => reader.window(window!, contextLength, promptLossWeight),
    group: 1,
    dropLast: false,
  })
  return {
    ...rows,
    permuted: seed => windowStage(source, { ...order, seed }, contextLength, promptLossWeight),
    batched: (size, { dropLast = false, pad = false }: BatchOptions): Stage<TokenBatch> =>
      orderedStage<TokenBatch>(source, order, {
        recipe: [...recipe, `batch(${size}${dropLast ? ', dropLast' : ''}${pad ? ', pad' : ''})`],
        sizeOf,
        // Straight from the file into the batch.
        make: (reader, windows) =>
          readBatch(reader, windows, pad ? size : windows.length, contextLength, promptLossWeight),
        group: size,
        dropLast,
      }),
  }
}

function readBatch(
  reader: TokenReader,
  windows: readonly number[],
  rows: number,
  contextLength: number,
  promptLossWeight: number,
): TokenBatch {
  const batch: TokenBatch = {
    inputs: new Int32Array(rows * contextLength),
    targets: new Int32Array(rows * contextLength),
    mask: new Float32Array(rows * contextLength),
    shape: [rows, contextLength],
    bytes: 0,
  }
  for (let row = 0; row < windows.length; row++) {
    batch.bytes += reader.readWindow(windows[row]!, batch, row, contextLength, promptLossWeight)
  }
  return batch
}
