import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { exampleStories } from '../testing/example-stories.ts'
import { splitStories } from './split-stories.ts'

const stories = exampleStories(3000)

test('every story is on exactly one side, and about the asked share is held out', async () => {
  const { train, heldOut } = splitStories(openStories(stories), { heldOut: 0.1, seed: 1 })
  const left = (await train.toArray()).map(story => story.text)
  const right = (await heldOut.toArray()).map(story => story.text)
  expect([...left, ...right].sort()).toEqual([...stories].sort())
  // 300 expected, standard deviation 16.4.
  expect(right.length).toBeGreaterThan(240)
  expect(right.length).toBeLessThan(360)
})

test('the side depends on the story alone: not on its order, its copies, or its white space', async () => {
  const sides = async (list: string[]) =>
    new Set(
      (await splitStories(openStories(list)).heldOut.toArray()).map(story => story.text.replace(/\s+/g, ' ')),
    )
  const expected = await sides(stories)
  expect(await sides([...stories].reverse())).toEqual(expected)
  expect(await sides(stories.map(story => story.replaceAll('\n\n', '\n').replaceAll('. ', '.  ')))).toEqual(
    expected,
  )
})

test('another seed holds out other stories; 0 and 1 hold out none and all', async () => {
  const heldOut = async (options: object) =>
    (await splitStories(openStories(stories), options).heldOut.toArray()).length
  const both = new Set<string>()
  let total = 0
  for (const seed of [0, 1]) {
    for (const story of await splitStories(openStories(stories), { seed }).heldOut.toArray()) {
      both.add(story.text)
      total++
    }
  }
  expect(total - both.size).toBeLessThan(80)
  expect(await heldOut({ heldOut: 0 })).toBe(0)
  expect(await heldOut({ heldOut: 1 })).toBe(stories.length)
  expect(() => splitStories(openStories(stories), { heldOut: 10 })).toThrow(/heldOut is 10/)
})
