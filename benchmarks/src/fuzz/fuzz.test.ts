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

test('a reader that changes the prototype of all objects is found', async () => {
  const reader = {
    seeds: () => [new TextEncoder().encode('{"a":{"b":1}}')],
    read: async (input: Uint8Array) => {
      const target: Record<string, Record<string, unknown>> = {}
      let parsed: object = {}
      try {
        parsed = JSON.parse(new TextDecoder().decode(input)) ?? {}
      } catch {}
      for (const [key, inner] of Object.entries(parsed))
        for (const [name, value] of Object.entries(inner ?? {})) {
          target[key] ??= {}
          target[key][name] = value
        }
    },
  }
  const findings = await fuzzReader(reader, { inputs: 2000, seed: 1, corpus: join(corpus, 'none') })
  expect(findings.map(({ problem }) => problem).join()).toMatch(/it adds \w+ to all objects/)
  expect(Object.keys(Object.prototype)).toEqual([])
})
