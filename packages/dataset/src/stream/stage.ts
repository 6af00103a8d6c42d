import type { Json } from './json.ts'
import type { TokenBatch } from './tokens.ts'

/** Options of `batch`. */
export interface BatchOptions {
  /** Leaves out a last batch that is not full. Default false. */
  dropLast?: boolean
  /** Fills the last batch up with rows of zeros, mask 0, so that every batch has one shape. Packed rows only. Default false. */
  pad?: boolean
}

/** An item and where it came from. */
export interface Item<T> {
  readonly value: T
  /** Small JSON from which {@link Stage.restore} makes the same value again. Never holds story text. */
  readonly at: Json
}

/** What a whole run shares. */
export interface RunContext {
  /** Added to the seed of every shuffle. */
  readonly epoch: number
  readonly signal: AbortSignal
}

/**
 * One iteration of a stage.
 *
 * `next` is not called again before its promise settled, and `state` only when none is pending; that is why a stage
 * need not remember what it has taken but not yet given.
 */
export interface StageCursor<T> {
  /** The next item, or undefined at the end (and from then on). */
  next(): Promise<Item<T> | undefined>
  /** Position after the item returned last. */
  state(): Json
  /** Bytes of the source taken so far, read-ahead included. */
  bytesRead(): number
  close(): Promise<void>
}

/**
 * A step of a recipe, or its source (a stage with nothing before it). It holds no position, so it can be opened any
 * number of times.
 */
export interface Stage<T> {
  /** The source and transforms up to here with the parameters that decide the order of items; a state is bound to it. */
  readonly recipe: readonly string[]
  /** Starts at the beginning, or after the item at which `state()` gave `from`. */
  open(context: RunContext, from: Json | undefined): StageCursor<T>
  /** The items at these positions, in this order. The same position may be asked for more than once. */
  restore(positions: readonly Json[], context: RunContext): Promise<T[]>
  /** For a source with random access: its positions are the numbers 0 .. count - 1 (of which some may be blank). */
  readonly count?: (() => number) | undefined
  /** Size of the source in bytes, where it is known. */
  bytesTotal(context: RunContext): Promise<number | undefined>
  /** A faster way to the batches that `batch` makes of the items, for a stage of packed rows that has one. */
  batched?(size: number, options: BatchOptions): Stage<TokenBatch>
  /** The same items in a pseudo-random order of all of them, for a source that has random access. `shuffle` takes it. */
  permuted?(seed: number): Stage<T>
  /** The items need no work worth doing ahead; `prefetch` then leaves them alone. */
  readonly immediate?: boolean
}
