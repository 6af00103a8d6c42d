import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fuzzReader } from './fuzz-reader.ts'
import { readers } from './readers/index.ts'

const corpus = fileURLToPath(new URL('corpus', import.meta.url))

test.each(Object.keys(readers))('%s reads mutated inputs, or refuses them with a code', async name => {
  const findings = await fuzzReader(readers[name]!, { inputs: 60, seed: 1, corpus: join(corpus, name) })
  expect(findings.map(({ id, problem }) => `${id}: ${problem}`)).toEqual([])
})

test('a reader that throws anything else is found', async () => {
  const reader = {
    seeds: () => [Uint8Array.of(1, 2, 3)],
    read: async (input: Uint8Array) => {
      if (input.length < 3) throw new TypeError('undefined is not iterable')
    },
  }
  const findings = await fuzzReader(reader, { inputs: 30, seed: 1, corpus: join(corpus, 'none') })
  expect(findings.length).toBeGreaterThan(0)
  expect(findings.length).toBeLessThan(30)
  expect(findings[0]?.problem).toContain('undefined is not iterable')
})
