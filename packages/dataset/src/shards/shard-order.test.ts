import { expect, test } from 'vitest'
import { permutationOf } from '../transforms/permutation.ts'
import { orderedIndices, orderRecipe, type ShardOrder } from './shard-order.ts'

const order: ShardOrder = { seed: undefined, epoch: 0, times: 1, rank: 0, world: 1 }
const indices = (size: number, of: Partial<ShardOrder>, epochBefore = 0, count = 3 * size): number[] => {
  const at = orderedIndices(size, { ...order, ...of }, epochBefore)
  return Array.from({ length: count }, (_, position) => at(position))
}
const permuted = (size: number, seed: number, epoch: number): number[] => {
  const at = permutationOf(size, seed, epoch)
  return Array.from({ length: size }, (_, i) => at(i))
}

test('a recipe names what differs from the stored order, but neither rank nor world', () => {
  expect(orderRecipe(order)).toEqual([])
  expect(orderRecipe({ ...order, rank: 1, world: 2 })).toEqual([])
  expect(orderRecipe({ ...order, seed: 0 })).toEqual(['permutation(seed 0)'])
  expect(orderRecipe({ ...order, epoch: 2 })).toEqual(['setEpoch(2)'])
  expect(orderRecipe({ ...order, times: Number.POSITIVE_INFINITY })).toEqual(['repeat(Infinity)'])
  expect(orderRecipe({ ...order, seed: 7, epoch: 1, times: 3 })).toEqual([
    'permutation(seed 7)',
    'setEpoch(1)',
    'repeat(3)',
  ])
})

test('without a seed the stored order comes again and again', () => {
  expect(indices(3, {})).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
  expect(indices(3, { epoch: 5 }, 2, 4)).toEqual([0, 1, 2, 0])
})

test('with a seed every round is a permutation of its own, numbered from the epochs before', () => {
  const rounds = [0, 1, 2].flatMap(round => permuted(11, 4, 2 + 3 + round))
  expect(indices(11, { seed: 4, epoch: 2 }, 3)).toEqual(rounds)
  expect(new Set(rounds.slice(0, 11)).size).toBe(11)
  expect(rounds.slice(0, 11)).not.toEqual(rounds.slice(11, 22))
})

test('positions may be asked for in any order', () => {
  const at = orderedIndices(5, { ...order, seed: 1 }, 0)
  const expected = [...permuted(5, 1, 0), ...permuted(5, 1, 1)]
  expect([7, 0, 9, 4, 5, 0].map(at)).toEqual([7, 0, 9, 4, 5, 0].map(position => expected[position]))
})
