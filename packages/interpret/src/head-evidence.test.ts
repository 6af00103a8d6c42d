import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { classifyEvidence, EvidenceSum, type HeadClass, type HeadEvidence } from './head-evidence.ts'

const goldens = JSON.parse(await readFile(new URL('../goldens/goldens.json', import.meta.url), 'utf8')) as {
  made: Record<string, Record<string, HeadEvidence>>
}
const LENGTH = 24

/** The formulas of make-goldens.py, and the class that a person would name. */
const made: Record<string, [HeadClass, (query: number, key: number) => number]> = {
  'previous token': ['previous-token', (q, k) => Number(q - k === 1) + 0.02 * ((q * 7 + k * 3) % 5)],
  'third back': ['fixed-distance', (q, k) => Number(q - k === 3) + 0.01 * ((q * 7 + k * 3) % 5)],
  fading: ['fixed-distance', (q, k) => 0.5 ** (q - k)],
  uniform: ['averaging', () => 1],
  'nearly uniform': ['averaging', (q, k) => 1 + 0.2 * ((q * 7 + k * 3) % 5)],
  'first token': ['first-token', (q, k) => 1 + Number(k === 0) * 4 * q],
  'by word': ['other', (q, k) => 0.01 + Number(k % 5 === 3 && k < q)],
}

function pattern(weight: (query: number, key: number) => number): Float32Array {
  const weights = new Float32Array(LENGTH * LENGTH)
  for (let query = 0; query < LENGTH; query++) {
    let total = 0
    for (let key = 0; key <= query; key++) total += weight(query, key)
    for (let key = 0; key <= query; key++) weights[query * LENGTH + key] = weight(query, key) / total
  }
  return weights
}

test.each(Object.entries(made))('%s: numpy finds the same evidence', (name, [, weight]) => {
  for (const [window, expected] of Object.entries(goldens.made[name]!)) {
    const sum = new EvidenceSum(Number(window))
    sum.add(pattern(weight), LENGTH)
    for (const [key, value] of Object.entries(sum.evidence)) {
      // The patterns are float32 here.
      expect(value, `${key}, window ${window}`).toBeNear(expected[key as keyof HeadEvidence], {
        absolute: 1e-6,
      })
    }
  }
})

test.each(Object.entries(made))('%s has its class', (_, [expected, weight]) => {
  const sum = new EvidenceSum()
  sum.add(pattern(weight), LENGTH)
  expect(classifyEvidence(sum.evidence)).toBe(expected)
})

test('a uniform average has no distance, and resting on the first token changes nothing else', () => {
  const evidenceOf = (weight: (query: number, key: number) => number): HeadEvidence => {
    const sum = new EvidenceSum()
    sum.add(pattern(weight), LENGTH)
    return sum.evidence
  }
  expect(evidenceOf(() => 1).distance).toBe(0)
  expect(evidenceOf(() => 1).firstToken).toBeNear(0, { absolute: 1e-6 })
  expect(evidenceOf(() => 1).averaging).toBeNear(1, { absolute: 1e-6 })
  const back = (q: number, k: number): number => Number(q - k === 2)
  const plain = evidenceOf(back)
  const resting = evidenceOf((q, k) => back(q, k) + (k === 0 ? (q % 3) + 1 : 0))
  expect(resting.firstToken).toBeGreaterThan(0.5)
  expect(resting.distance).toBeNear(plain.distance, { absolute: 1e-6 })
  expect(resting.bestDistance).toBe(2)
})

test('rows that rest on the first token alone are left out', () => {
  const sum = new EvidenceSum()
  sum.add(
    pattern((_, k) => Number(k === 0)),
    LENGTH,
  )
  expect(sum.evidence).toMatchObject({ rows: 0, firstToken: 1, averaging: 0, distance: 0 })
  expect(classifyEvidence(sum.evidence)).toBe('first-token')
})
