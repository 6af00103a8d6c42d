import { DatasetError } from '../errors/dataset-error.ts'
import { requireInteger, requireShare } from '../errors/require-options.ts'
import { type Cursor, type IterateOptions, openCursor } from '../stream/cursor.ts'
import type { BatchOptions, Stage } from '../stream/stage.ts'
import type { Story } from '../stream/story.ts'
import type { PackedRow, StoryTokenizer, TokenBatch, TokenizedStory } from '../stream/tokens.ts'
import { batch } from './batch.ts'
import { concatenate } from './concatenate.ts'
import { filter } from './filter.ts'
import { type InterleaveOptions, interleave } from './interleave.ts'
import { map } from './map.ts'
import { packStories } from './pack-stories.ts'
import { packStream } from './pack-stream.ts'
import { prefetch } from './prefetch.ts'
import { repeat } from './repeat.ts'
import { setEpoch } from './set-epoch.ts'
import { shard } from './shard.ts'
import { type ShuffleOptions, shuffle } from './shuffle.ts'
import { skip } from './skip.ts'
import { take } from './take.ts'
import { type TokenizeOptions, tokenize } from './tokenize.ts'

/** Options of `pack`. */
export interface PackOptions {
  /** Inputs and targets of a row. */
  contextLength: number
  /**
   * `stream` (default, for training): stories joined by the end token and cut where a row is full, nothing lost.
   * `whole` (for instructions): as many whole stories as a row has room for, the rest of it masked.
   * `story` (for evaluation): every story begins a row of its own.
   */
  by?: 'stream' | 'whole' | 'story'
  /** By story: targets that a long story's further rows read again as context, uncounted. Default half a row. */
  overlap?: number
  /** What targets of prompts count in the loss, from 0 (default: the loss is on the stories alone) to 1. */
  promptLossWeight?: number
}

/**
 * A recipe for items: a source and what is done to them. It never changes (each transform gives a new stream), holds no
 * position, and reads nothing until it is iterated, any number of times.
 */
export class StoryStream<T = Story> implements AsyncIterable<T> {
  readonly #stage: Stage<T>

  constructor(stage: Stage<T>) {
    this.#stage = stage
  }

  /** The source and the transforms, with the parameters that decide the order of items; a state is bound to it. */
  get recipe(): readonly string[] {
    return this.#stage.recipe
  }

  /** A transform of your own: a stage that follows this stream's last one. */
  apply<U>(transform: (upstream: Stage<T>) => Stage<U>): StoryStream<U> {
    return new StoryStream(transform(this.#stage))
  }

  /** Every item changed by `change`, which must give the same result when asked again (a resumed shuffle asks). */
  map<U>(change: (item: T) => U | Promise<U>): StoryStream<U> {
    return new StoryStream(map(this.#stage, change))
  }

  /** The items for which `keep` says true, which must say the same when asked again. */
  filter(keep: (item: T) => boolean | Promise<boolean>): StoryStream<T> {
    return new StoryStream(filter(this.#stage, keep))
  }

  /** The first `count` items. */
  take(count: number): StoryStream<T> {
    return new StoryStream(take(this.#stage, requireInteger('take: count', count, 0)))
  }

  /** The items after the first `count`. */
  skip(count: number): StoryStream<T> {
    return new StoryStream(skip(this.#stage, requireInteger('skip: count', count, 0)))
  }

  /**
   * Item `i` for every `i` with `i % world === rank`, `rank` from 0. After a shuffle, all shards keep one global order.
   *
   * As the last transform it is elastic: when all ranks have taken equally many items, the state of any of them resumes
   * every rank of any world, and the items continue in the same global order.
   */
  shard(rank: number, world: number): StoryStream<T> {
    requireInteger('shard: world', world, 1)
    if (requireInteger('shard: rank', rank, 0) >= world)
      throw new DatasetError('invalid-option', {
        option: 'shard: rank',
        value: rank,
        expected: `below world, ${world}`,
      })
    return new StoryStream(shard(this.#stage, rank, world))
  }

  /** Items drawn from a buffer of `bufferSize`; the order depends on the seed and the epoch only. */
  shuffle(options: ShuffleOptions = {}): StoryStream<T> {
    if (options.seed !== undefined) requireInteger('shuffle: seed', options.seed)
    const { bufferSize } = options
    if (bufferSize !== undefined && bufferSize !== Number.POSITIVE_INFINITY)
      requireInteger('shuffle: bufferSize', bufferSize, 1)
    return new StoryStream(shuffle(this.#stage, options))
  }

  /** The same items with the shuffles before it in the order of that epoch. `repeat` sets epochs by itself. */
  setEpoch(epoch: number): StoryStream<T> {
    return new StoryStream(setEpoch(this.#stage, requireInteger('setEpoch: epoch', epoch, 0)))
  }

  /** These items, then those of the other streams. */
  concatenate(...others: StoryStream<T>[]): StoryStream<T> {
    return new StoryStream(concatenate([this.#stage, ...others.map(other => other.#stage)]))
  }

  /** Items of this stream and the others in turns, or drawn with probabilities. */
  interleave(others: readonly StoryStream<T>[], options: InterleaveOptions = {}): StoryStream<T> {
    const { probabilities, seed } = options
    if (seed !== undefined) requireInteger('interleave: seed', seed)
    const count = 1 + others.length
    if (probabilities !== undefined && probabilities.length !== count)
      throw new DatasetError('invalid-option', {
        option: 'interleave: probabilities',
        value: probabilities,
        expected: `one for each of ${count} streams`,
      })
    const wrong = probabilities?.find(weight => !(weight > 0 && weight < Number.POSITIVE_INFINITY))
    if (wrong !== undefined)
      throw new DatasetError('invalid-option', {
        option: 'interleave: probabilities',
        value: wrong,
        expected: 'above 0 and finite',
      })
    return new StoryStream(interleave([this.#stage, ...others.map(other => other.#stage)], options))
  }

  /** All items `times` times over (default: forever), shuffled again each time. */
  repeat(times: number = Number.POSITIVE_INFINITY): StoryStream<T> {
    if (times !== Number.POSITIVE_INFINITY) requireInteger('repeat: times', times, 0)
    return new StoryStream(repeat(this.#stage, times))
  }

  /** Stories as token ids, to be packed. */
  tokenize(
    this: StoryStream<Story> | StoryStream<TokenizedStory> | StoryStream<Story | TokenizedStory>,
    tokenizer: StoryTokenizer,
    options: TokenizeOptions = {},
  ): StoryStream<TokenizedStory> {
    return new StoryStream(tokenize(this.#stage, tokenizer, options))
  }

  /**
   * Tokens in rows of one length, with targets and loss mask. By `whole`, a story that no row has room for throws
   * DatasetError `story-too-long` when its row is asked for.
   */
  pack(this: StoryStream<TokenizedStory>, options: PackOptions): StoryStream<PackedRow> {
    const { by = 'stream', contextLength, promptLossWeight: weight = 0 } = options
    requireInteger('pack: contextLength', contextLength, 1)
    requireShare('pack: promptLossWeight', weight)
    if (by !== 'story') return new StoryStream(packStream(this.#stage, contextLength, weight, by === 'whole'))
    const overlap = requireInteger('pack: overlap', options.overlap ?? Math.floor(contextLength / 2), 0)
    if (overlap >= contextLength) {
      throw new DatasetError('invalid-option', {
        option: 'pack: overlap',
        value: overlap,
        expected: `below contextLength, ${contextLength}`,
      })
    }
    return new StoryStream(packStories(this.#stage, contextLength, overlap, weight))
  }

  /** Groups of `size` items, the last one smaller where need be: token batches of packed rows, else lists. */
  batch(this: StoryStream<PackedRow>, size: number, options?: BatchOptions): StoryStream<TokenBatch>
  batch(size: number, options?: Pick<BatchOptions, 'dropLast'>): StoryStream<T[]>
  batch(size: number, options: BatchOptions = {}): StoryStream<T[] | TokenBatch> {
    return new StoryStream(batch(this.#stage, requireInteger('batch: size', size, 1), options))
  }

  /** Makes up to `count` items ahead while the consumer is busy with others. */
  prefetch(count: number): StoryStream<T> {
    return new StoryStream(prefetch(this.#stage, requireInteger('prefetch: count', count, 1)))
  }

  /**
   * Iterates over the items, from the beginning or from the position of an earlier iteration.
   *
   * @throws DatasetError when `from` was made by another stream (immediately) or with another file (with the first item)
   */
  iterate(options: IterateOptions = {}): Cursor<T> {
    return openCursor(this.#stage, options)
  }

  [Symbol.asyncIterator](): Cursor<T> {
    return this.iterate()
  }

  /** All items in a list. */
  async toArray(): Promise<T[]> {
    const items: T[] = []
    for await (const item of this) items.push(item)
    return items
  }
}
