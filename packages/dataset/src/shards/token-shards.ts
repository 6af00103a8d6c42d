import { DatasetError } from '../errors/dataset-error.ts'
import { requireInteger, requireShare } from '../errors/require-options.ts'
import type { PackedRow, TokenizedStory } from '../stream/tokens.ts'
import { type PackOptions, StoryStream } from '../transforms/story-stream.ts'
import type { ShardSource } from './ordered-stage.ts'
import type { TokenShardIndex } from './shard-index.ts'
import type { ShardOrder } from './shard-order.ts'
import { storyStage } from './story-stage.ts'
import type { TokenReader, TokenReaderOptions } from './token-reader.ts'
import { windowStage } from './window-stage.ts'

/** Options of {@link openTokenShards}. */
export type OpenTokenShardsOptions = Pick<TokenReaderOptions, 'verify' | 'cacheBytes'>

/**
 * Token shards that `writeTokenShards` wrote, as a recipe that reads nothing yet. What is wrong with the folder is
 * thrown when the first item is asked for. Node only.
 */
export function openTokenShards(folder: string, options: OpenTokenShardsOptions = {}): TokenShards {
  return new TokenShards({ ...options, folder }, { seed: undefined, epoch: 0, times: 1, rank: 0, world: 1 })
}

/**
 * A folder of token shards and an order. It never changes: each transform gives a new one. Orders are computed and not kept:
 * there is no shuffle buffer, and a position is one number.
 */
export class TokenShards {
  readonly #source: ShardSource
  readonly #order: ShardOrder

  /** Made by {@link openTokenShards}. */
  constructor(source: ShardSource, order: ShardOrder) {
    this.#source = source
    this.#order = order
  }

  /** All rows or stories in a pseudo-random order that depends on seed and epoch only. */
  shuffle(seed: number | { seed?: number } = 0): TokenShards {
    const value = typeof seed === 'number' ? seed : (seed.seed ?? 0)
    return this.#with({ seed: requireInteger('shuffle: seed', value) })
  }

  /** The order of another epoch. */
  setEpoch(epoch: number): TokenShards {
    return this.#with({ epoch: requireInteger('setEpoch: epoch', epoch, 0) })
  }

  /** Everything `times` times over (default: forever), in the order of the next epoch each time. */
  repeat(times: number = Number.POSITIVE_INFINITY): TokenShards {
    return this.#with({
      times: times === Number.POSITIVE_INFINITY ? times : requireInteger('repeat: times', times, 0),
    })
  }

  /**
   * Takes turns with other processes: with `world` ranks in step, the rows of all of them are the global order, whatever
   * `world` is.
   */
  shard(rank: number, world: number): TokenShards {
    requireInteger('shard: world', world, 1)
    if (requireInteger('shard: rank', rank, 0) >= world)
      throw new DatasetError('invalid-option', {
        option: 'shard: rank',
        value: rank,
        expected: `below world, ${world}`,
      })
    return this.#with({ rank, world })
  }

  /**
   * Rows, as `pack` of a stream makes them. By stream (default) they are windows of all stories in the order
   * they were written, and a shuffle is one of windows; `shards.shuffle(seed).stories().pack(…)` shuffles stories and joins
   * them again in each epoch.
   *
   * The state of one rank serves all ranks, and another number of them on resuming.
   */
  pack(options: PackOptions): StoryStream<PackedRow> {
    if (options.by === 'story' || options.by === 'whole') return this.stories().pack(options)
    requireInteger('pack: contextLength', options.contextLength, 1)
    const { contextLength, promptLossWeight = 0 } = options
    requireShare('pack: promptLossWeight', promptLossWeight)
    return new StoryStream(windowStage(this.#source, this.#order, contextLength, promptLossWeight))
  }

  /** The stories as tokens, each read by itself. */
  stories(): StoryStream<TokenizedStory> {
    return new StoryStream(storyStage(this.#source, this.#order))
  }

  /** What is in the folder. */
  async index(): Promise<TokenShardIndex> {
    const { readIndex } = await import('./token-reader.ts')
    return readIndex(this.#source.folder)
  }

  /** Random access to tokens, stories and windows. Close the reader when done (`using` does). */
  async open(signal?: AbortSignal): Promise<TokenReader> {
    const { TokenReader } = await import('./token-reader.ts')
    return TokenReader.open(this.#source.folder, { ...this.#source, ...(signal ? { signal } : {}) })
  }

  /**
   * Compares sizes and checksums of all files.
   *
   * @throws TokenShardError naming the file that is not what was written
   */
  async verify(signal?: AbortSignal): Promise<void> {
    const { TokenReader } = await import('./token-reader.ts')
    const reader = await TokenReader.open(this.#source.folder, {
      verify: true,
      ...(signal ? { signal } : {}),
    })
    reader.close()
  }

  #with(change: Partial<ShardOrder>): TokenShards {
    return new TokenShards(this.#source, { ...this.#order, ...change })
  }
}
