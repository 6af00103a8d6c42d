import { type Permutation, permutationOf } from '../transforms/permutation.ts'

/** In which order things come: all plain data, so that a stream can be opened any number of times. */
export interface ShardOrder {
  /** Undefined: as they are stored. */
  seed: number | undefined
  epoch: number
  /** Rounds; each is an epoch. */
  times: number
  rank: number
  world: number
}

/** Names the order in a recipe; the rank is left out, see {@link orderedIndices}. */
export function orderRecipe({ seed, epoch, times }: ShardOrder): string[] {
  return [
    ...(seed === undefined ? [] : [`permutation(seed ${seed})`]),
    ...(epoch === 0 ? [] : [`setEpoch(${epoch})`]),
    ...(times === 1 ? [] : [`repeat(${times})`]),
  ]
}

/** The order of `size` things: what comes at a position of the endless sequence of epochs. */
export function orderedIndices(size: number, { seed, epoch }: ShardOrder, epochBefore: number): Permutation {
  if (seed === undefined) return position => position % size
  let current: { round: number; permutation: Permutation } | undefined
  return position => {
    const round = Math.floor(position / size)
    if (current?.round !== round) {
      current = { round, permutation: permutationOf(size, seed, epoch + epochBefore + round) }
    }
    return current.permutation(position - round * size)
  }
}
