import { InputError } from '@tinystories/utils/schema'
import { expect, test } from 'vitest'
import { SweepError } from '../errors.ts'
import { expandCells } from './expand-cells.ts'
import { parseSweepSpec } from './sweep-spec.ts'

const spec = (grids: unknown[], more = {}) =>
  parseSweepSpec({ name: 'test', tokens: 1000, context: 16, batchSize: 4, grids, ...more }, 'sweep.json')

test('combines the axes of each grid', () => {
  const cells = expandCells(
    spec([
      { hidden: [64, 128], layers: [1, 2], seed: [1, 2] },
      { hidden: [256], layers: [1], heads: [2, 4], tokens: [500], learningRate: [0.001] },
    ]),
  )
  expect(cells.map(({ name }) => name)).toEqual([
    'h64-l1-a16-t1000-s1',
    'h64-l1-a16-t1000-s2',
    'h64-l2-a16-t1000-s1',
    'h64-l2-a16-t1000-s2',
    'h128-l1-a16-t1000-s1',
    'h128-l1-a16-t1000-s2',
    'h128-l2-a16-t1000-s1',
    'h128-l2-a16-t1000-s2',
    'h256-l1-a2-t500-r0.001-s42',
    'h256-l1-a4-t500-r0.001-s42',
  ])
  expect(expandCells(spec([{ hidden: [24, 7], layers: [1] }])).map(({ heads }) => heads)).toEqual([8, 1])
})

test('refuses grids of more cells than anybody trains before they are combined', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
  expect(expandCells(spec([{ hidden: hundred, layers: [1], seed: hundred }]))).toHaveLength(10_000)
  expect(() => spec([{ hidden: hundred, layers: hundred, seed: hundred }])).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringContaining('at most 10000 cells') }),
  )
})

test('names every impossible cell before anything starts', () => {
  try {
    expandCells(spec([{ hidden: [64, 96], layers: [1], heads: [16, 5] }]))
    expect.unreachable()
  } catch (error) {
    if (!SweepError.isInstance(error) || error.code !== 'impossible-cells') throw error
    expect(error.details.cells.map(({ cell }) => cell)).toEqual([
      'h64-l1-a5-t1000-s42',
      'h96-l1-a5-t1000-s42',
    ])
    expect(error.message).toContain('5 heads do not divide a hidden size of 64.')
  }
  expect(() =>
    expandCells(
      spec([
        { hidden: [64], layers: [1] },
        { hidden: [64], layers: [1, 2] },
      ]),
    ),
  ).toThrow(expect.objectContaining({ code: 'duplicate-cell' }))
})

test('names recipes that are not there, trainings too short for a step, and models that do not fit', () => {
  const problems = (...args: [...Parameters<typeof spec>, memory?: number]) => {
    const [grids, more, memory] = args
    try {
      expandCells(spec(grids, more), memory)
    } catch (error) {
      if (!SweepError.isInstance(error) || error.code !== 'impossible-cells') throw error
      return error.details.cells.map(({ cell, axis }) => `${cell}: ${axis}`)
    }
    return []
  }
  const recipes = { paper: { optimizer: 'adamw' } }
  expect(problems([{ hidden: [64], layers: [1], recipe: ['paper', 'peper'] }], { recipes })).toEqual([
    'h64-l1-a16-t1000-peper-s42: recipe',
  ])
  expect(problems([{ hidden: [64], layers: [1], tokens: [63, 64] }])).toEqual(['h64-l1-a16-t63-s42: tokens'])
  const sizes = [{ hidden: [64, 1024], layers: [1] }]
  expect(problems(sizes, {}, 2e8)).toEqual(['h1024-l1-a16-t1000-s42: hidden'])
  expect(problems(sizes)).toEqual([])
  const data = expandCells(spec([{ hidden: [64], layers: [1], data: ['a.txt', 'b.txt'] }]))
  expect(data.map(({ name }) => name)).toEqual(['h64-l1-a16-t1000-d1-s42', 'h64-l1-a16-t1000-d2-s42'])
})

test('refuses what is no sweep, with the place', () => {
  const placeOf = (value: unknown): string => {
    try {
      parseSweepSpec(value, 'sweep.json')
    } catch (error) {
      if (InputError.isInstance(error) && error.code === 'invalid-value') return error.details.path
      throw error
    }
    return 'accepted'
  }
  const grid = { hidden: [64], layers: [1] }
  expect(placeOf({ name: 'a', tokens: 1, grids: [grid] })).toBe('accepted')
  expect(placeOf(null)).toBe('')
  expect(placeOf({ tokens: 1, grids: [grid] })).toBe('name')
  expect(placeOf({ name: 'a', tokens: 0, grids: [grid] })).toBe('tokens')
  expect(placeOf({ name: 'a', tokens: 1, grids: [] })).toBe('grids')
  expect(placeOf({ name: 'a', tokens: 1, grids: [grid, { ...grid, hidden: ['64'] }] })).toBe(
    'grids.1.hidden.0',
  )
  expect(placeOf({ name: 'a', tokens: 1, grids: [{ ...grid, width: [3] }] })).toBe('grids.0.width')
  expect(placeOf({ name: 'a', tokens: 1, grids: [grid], tokenz: 3 })).toBe('tokenz')
})
