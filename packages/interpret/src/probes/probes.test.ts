import { expect, test } from 'vitest'
import { clusteredInterval, type Outcome } from './clustered-interval.ts'
import { type ProbeItem, probeItems, runProbes, summarizeProbes, wilsonInterval } from './index.ts'

const grammar = probeItems.filter(({ kind }) => kind === 'grammar')

test('has at least 20 phenomena of grammar with 50 different pairs each', () => {
  const phenomena = new Set(grammar.map(({ phenomenon }) => phenomenon))
  expect(phenomena.size).toBeGreaterThanOrEqual(20)
  for (const phenomenon of phenomena) {
    const items = grammar.filter(item => item.phenomenon === phenomenon)
    expect(items, phenomenon).toHaveLength(50)
    const texts = items.map(({ prompt, right, wrong }) => prompt + right + wrong[0])
    expect(new Set(texts).size, phenomenon).toBe(50)
  }
})

test('every item has endings that begin a word and differ, and prompts without a blank at the end', () => {
  for (const { prompt, right, wrong } of probeItems) {
    expect(prompt).toBe(prompt.trim())
    expect(wrong.length).toBeGreaterThan(0)
    for (const ending of [right, ...wrong]) expect(ending).toMatch(/^ \S/)
    expect(new Set([right, ...wrong]).size).toBe(1 + wrong.length)
  }
  // Where two answers stand in the text, each is right as often as the other.
  for (const kind of ['reasoning', 'context']) {
    const items = probeItems.filter(item => item.kind === kind)
    const firstIsRight = items.filter(
      ({ prompt, right, wrong }) => prompt.indexOf(right) < prompt.indexOf(wrong[0]!),
    )
    expect(firstIsRight.length / items.length).toBe(0.5)
    expect(items.length).toBeGreaterThanOrEqual(100)
  }
})

const item = (right: string, ...wrong: string[]): ProbeItem => ({
  kind: 'facts',
  phenomenon: wrong.length === 1 ? 'pair' : 'choice',
  prompt: 'The sun was',
  right,
  wrong,
})

test('counts an item when the right ending is strictly likelier than every wrong one', async () => {
  const logProbability: Record<string, number> = { ' hot': -1, ' cold': -2, ' wet': -1, ' new': -0.5 }
  const items = [
    item(' hot', ' cold'),
    item(' hot', ' wet'),
    item(' hot', ' cold', ' new'),
    item(' new', ' hot', ' cold', ' wet'),
  ]
  const asked: string[] = []
  const results = await runProbes(
    async (prompt, endings) => {
      asked.push(prompt)
      return endings.map(ending => logProbability[ending]!)
    },
    { items },
  )
  expect(asked).toHaveLength(4)
  expect(results).toMatchObject([
    { phenomenon: 'pair', items: 2, passed: 1, accuracy: 0.5, chance: 0.5 },
    { phenomenon: 'choice', items: 2, passed: 1, accuracy: 0.5, chance: (1 / 3 + 1 / 4) / 2 },
  ])
  expect(summarizeProbes(results, 'facts')).toMatchObject({ items: 4, passed: 2, accuracy: 0.5 })
})

test('an item that does not fit the context is left out and counted', async () => {
  const results = await runProbes(
    async (prompt, endings) => (prompt.length > 20 ? undefined : endings.map(each => -each.length)),
    {
      items: [item(' a', ' bb'), { ...item(' a', ' bb'), prompt: 'A prompt that is far too long' }],
    },
  )
  expect(results).toMatchObject([{ items: 1, passed: 1, skipped: 1, accuracy: 1 }])
  const nothing = await runProbes(async () => undefined, { items: [item(' a', ' bb')] })
  expect(nothing).toMatchObject([{ items: 0, skipped: 1, accuracy: Number.NaN, interval: [0, 1] }])
  expect(summarizeProbes([...results, ...nothing], 'facts')).toMatchObject({
    items: 1,
    skipped: 2,
    accuracy: 1,
    chance: 0.5,
  })
})

const outcomes = (groups: readonly (readonly number[])[]): Outcome[] =>
  groups.flatMap((flags, group) =>
    flags.map((flag, i) => ({ passed: flag === 1, shares: [`${group}`, `${i}`] })),
  )

test('items that share a word count less, and independent ones as before', () => {
  // One word in each of three clusters decides: two pass whole, one fails whole. By hand: share 2/3, the sums of the clusters
  // 4/3, 4/3 and -8/3, variance 3/2 · (96/9) / 144 = 1/9, which 2 items have. The other factor has the same sums in each value.
  const decided = outcomes([
    [1, 1, 1, 1],
    [1, 1, 1, 1],
    [0, 0, 0, 0],
  ])
  expect(clusteredInterval(decided)).toBeNear(wilsonInterval(4 / 3, 2 / 9 / (1 / 9)), { relative: 1e-12 })
  // Where clusters are mixed alike nothing is lost.
  const mixed = outcomes([
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ])
  expect(clusteredInterval(mixed)).toBeNear(wilsonInterval(4, 8), { relative: 1e-12 })
  // All or none: one item for each value of the poorest factor.
  expect(
    clusteredInterval(
      outcomes([
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    ),
  ).toEqual(wilsonInterval(2, 2))
  // What all have in common, or none, is no cluster.
  const alone = [1, 0, 1].map((flag, i) => ({ passed: flag === 1, shares: ['same', `${i}`] }))
  expect(clusteredInterval(alone)).toEqual(wilsonInterval(2, 3))
  expect(clusteredInterval([])).toEqual([0, 1])
})

test('every item of ours says what it shares, and most phenomena have at least four values of each word', () => {
  for (const { shares, phenomenon } of probeItems) {
    const first = probeItems.find(item => item.phenomenon === phenomenon)!
    expect(shares).toHaveLength(first.shares!.length)
  }
  const templates = new Set(
    probeItems.filter(({ kind }) => kind === 'context').map(({ shares }) => shares![1]),
  )
  expect(templates.size).toBeLessThan(15)
})

test('intervals are those of statsmodels', () => {
  // statsmodels 0.15.0, proportion_confint(successes, trials, method='wilson')
  const golden: [number, number, number, number][] = [
    [0, 50, 0, 0.07134759913335874],
    [25, 50, 0.3664451431682858, 0.6335548568317142],
    [49, 50, 0.8950455641036218, 0.9964607407283538],
    [50, 50, 0.9286524008666412, 1],
    [3, 7, 0.15821985525146964, 0.7495416354723428],
  ]
  for (const [successes, trials, low, high] of golden) {
    const interval = wilsonInterval(successes, trials)
    expect(interval[0]).toBeCloseTo(low, 12)
    expect(interval[1]).toBeCloseTo(high, 12)
  }
  expect(wilsonInterval(0, 0)).toEqual([0, 1])
})
