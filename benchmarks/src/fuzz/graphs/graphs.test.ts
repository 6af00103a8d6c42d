import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'
import { expect, test } from 'vitest'
import { compareGraph, compiledBy } from './compare-graph.ts'
import { dice, randomGraph } from './random-graph.ts'

test('random graphs give compiled what they give eagerly', async () => {
  await useBackend('cpu')
  const runtime = await createRuntime({ threads: 1 })
  const problems: (string | undefined)[] = []
  let equal = 0
  for (let seed = 1; seed <= 80; seed++) {
    const { outcome, problem } = await compareGraph({ compiled: compiledBy(runtime) }, seed)
    if (outcome === 'equal') equal++
    if (outcome === 'different') problems.push(problem)
  }
  await runtime.dispose()
  expect(problems).toEqual([])
  expect(equal).toBeGreaterThan(70)
})

test('a graph is that of its seed', async () => {
  await useBackend('cpu')
  const shapeOf = (seed: number): string => JSON.stringify(randomGraph(dice(seed)))
  expect(shapeOf(5)).toBe(shapeOf(5))
  expect(shapeOf(5)).not.toBe(shapeOf(6))
})

test('a wrong result is found', async () => {
  await useBackend('cpu')
  const runtime = await createRuntime({ threads: 1 })
  const wrong = {
    ...{ threads: 1, providers: ['cpu'] },
    compile: async (...args: Parameters<typeof runtime.compile>) => {
      const compiled = await runtime.compile(...args)
      const run = async (...inputs: Parameters<typeof compiled.run>) => {
        const results = (await compiled.run(...inputs)) as Record<string, Float32Array>
        for (const values of Object.values(results)) if (values.length > 0) values[0]! += 1
        return results
      }
      return { ...compiled, run }
    },
  } as unknown as typeof runtime
  const outcomes = []
  for (let seed = 1; seed <= 10; seed++)
    outcomes.push((await compareGraph({ wrong: compiledBy(wrong) }, seed)).outcome)
  await runtime.dispose()
  expect(outcomes.filter(outcome => outcome === 'different').length).toBeGreaterThan(5)
})
