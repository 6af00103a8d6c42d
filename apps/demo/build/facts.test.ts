import { expect, test } from 'vitest'
import { corpusFacts, wordsOf } from './corpus-facts.ts'
import { filesToKeep } from './offline-plugin.ts'
import { studyFacts } from './study-facts.ts'

test('counts words, lengths and how much the most frequent words cover', () => {
  expect(wordsOf("Don't run, Zoë! “It’s” 3 o'clock.")).toEqual(["don't", 'run', 'zoë', 'it’s', "o'clock"])
  const facts = corpusFacts(['The fox saw the hen.', 'The hen ran.', `The end. ${'so '.repeat(40)}`])
  expect(facts).toMatchObject({ stories: 3, words: 50, distinct: 7 })
  expect(facts.top.slice(0, 3)).toEqual([
    ['so', 40],
    ['the', 4],
    ['hen', 2],
  ])
  expect(facts.coverage).toEqual([[7, 1]])
  expect(facts.lengths).toHaveLength(9)
  expect(facts.lengths.filter(([, stories]) => stories > 0)).toEqual([
    [0, 1],
    [5, 1],
    [40, 1],
  ])
  expect(facts.samples[0]).toEqual({
    text: 'The fox saw the hen.',
    ranks: { the: 2, fox: 5, saw: 7, hen: 3 },
  })
})

test('takes from a report the trained models in order, and how many are missing', () => {
  const cell = { hidden: 128, layers: 2, heads: 4, seed: 1 }
  const training = { parameters: 9, tokens: 6, bitsPerByte: 0.9 }
  const probes = { grammar: { accuracy: 0.8, interval: [0.7, 0.9], items: 3 } }
  const facts = studyFacts({
    name: 'Study',
    rows: [
      { cell, training, probes },
      { cell: { ...cell, hidden: 64 }, training, probes: null },
      { cell: { ...cell, layers: 1 } },
      { cell: { ...cell, instruct: true }, training, probes },
    ],
    findings: [{ statement: 'Depth', verdict: 'undecided', evidence: '', wanted: '' }],
  })
  expect(facts.models.map(({ hidden }) => hidden)).toEqual([64, 128])
  expect(facts.models[1]).toEqual({
    ...cell,
    ...training,
    probes: { grammar: { accuracy: 0.8, low: 0.7, high: 0.9 } },
  })
  expect(facts).toMatchObject({
    cells: 4,
    done: 3,
    findings: [{ statement: 'Depth', verdict: 'undecided', evidence: '' }],
  })
})

test('keeps the page and its models from the first visit on, but neither runtimes nor what trains', () => {
  const names = [
    'model-a1.safetensors',
    'ort-wasm-simd-threaded-b2.wasm',
    'ort.wasm.bundle.min-c3.js',
    '760-d4.int8',
  ]
  expect(
    filesToKeep([...names, 'train-worker-e5.js', 'stories-f6.jsonl', 'index-g7.js', 'on-abort-h8.js']),
  ).toEqual(['./', './assets/index-g7.js', './assets/model-a1.safetensors', './assets/on-abort-h8.js'])
})
