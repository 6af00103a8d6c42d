import { gptConfig } from '@tinystories/model'
import { expect, test } from 'vitest'
import { markdownText, yamlText } from './card-text.ts'
import { type CardContent, modelCard } from './model-card.ts'

const config = gptConfig('llama', {
  vocabSize: 300,
  contextLength: 16,
  hiddenSize: 8,
  heads: 2,
  layers: 1,
  mlpSize: 8,
})
const settings = {
  data: 'hf://datasets/roneneldan/TinyStories/train.txt',
  valid: null,
  heldOut: 0.05,
  model: config,
  preset: 'llama',
  from: null,
  optimizer: 'muon',
  schedule: 'cosine',
  learningRate: 0.003,
  weightDecay: 0.1,
  warmupSteps: 100,
  batchSize: 8,
  accumulate: 2,
  windowLength: null,
  tokensPerEpoch: 123_456,
  seed: 42,
} as unknown as NonNullable<CardContent['run']>['settings']

const step = (at: number, bitsPerByte: number) =>
  ({ type: 'step', step: at, tokens: at * 256, seconds: 1, loss: 1, bitsPerByte }) as never
const evaluation = (at: number, bitsPerByte: number) =>
  ({ type: 'evaluation', step: at, seconds: 1, tokens: 9, bytes: 9, nats: 1, bitsPerByte }) as never

const run: NonNullable<CardContent['run']> = {
  settings,
  fingerprint: 'ab12',
  lines: [
    step(1, 3),
    ...Array.from({ length: 25 }, (_, i) => [
      step(10 * (i + 1), 2 - i / 20),
      evaluation(10 * (i + 1), 2.1 - i / 20),
    ]).flat(),
  ],
  evaluation: { nats: 1, bitsPerByte: 0.9012, perplexity: 7.123, accuracy: 0.456, tokens: 4321, bytes: 9 },
}
const content: CardContent = {
  name: 'tiny',
  format: 'transformers',
  config,
  license: 'mit',
  startToken: '<|endoftext|>',
  run,
  grades: {
    judge: 'Judge <b>',
    completions: 20,
    criteria: [{ label: 'Grammar', min: 1, max: 10, estimate: { mean: 6.54, interval: [6, 7.08] } }],
  } as unknown as NonNullable<CardContent['grades']>,
}

test('says what a run was made of and how it came out', () => {
  const card = modelCard(content)
  const [, front] = card.split('---\n')
  expect(front).toBe(`license: "mit"
language:
- en
library_name: transformers
pipeline_tag: text-generation
tags:
- tinystories
- story-generation
- rotary
datasets:
- "roneneldan/TinyStories"
metrics:
- perplexity
- accuracy
model-index:
- name: "tiny"
  results:
  - task:
      type: text-generation
    dataset:
      type: "roneneldan/TinyStories"
      name: "held-out stories of hf://datasets/roneneldan/TinyStories/train.txt"
    metrics:
    - type: bits_per_byte
      value: 0.9012
    - type: perplexity
      value: 7.123
    - type: accuracy
      value: 0.456
`)
  expect([...card.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
    'Use',
    'Data',
    'Training',
    'Curve',
    'Evaluation',
    'Grades',
    'Intended use',
    'Limits',
    'License',
  ])
  for (const line of [
    '| fingerprint (SHA-256) | `ab12` |',
    '| held out | 5 % of the stories |',
    '| tokens of the stories | 123,456 |',
    '| tokens seen in training | 64,000 |',
    '| batch | 16 windows of 16 tokens |',
    '| steps | 250 |',
    '| bits per byte of text | 0.901 |',
    '| Grammar | 6.54 | 6.00 to 7.08 | 1 to 10 |',
    'Given by Judge &#60;b&#62; to 20 completions.',
  ])
    expect(card).toContain(line)
  // Every third evaluation, the last one among them.
  const curve = card.split('## Curve\n')[1]!.split('\n##')[0]!.trim().split('\n')
  expect(curve).toHaveLength(2 + 9)
  expect(curve[2]).toBe('| 10 | 2.000 | 2.100 |')
  expect(curve.at(-1)).toBe('| 250 | 0.800 | 0.900 |')
})

test('says nothing that it does not know, and how a model that only we open is used', () => {
  const card = modelCard({
    ...content,
    format: 'tinystories',
    license: undefined,
    run: undefined,
    grades: undefined,
  })
  expect(card).toContain('license: "unknown"')
  expect(card).not.toMatch(/library_name|datasets|metrics|## (Data|Training|Curve|Evaluation|Grades)/)
  expect(card).toContain('tinystories generate --model hf://OWNER/NAME')
  expect(card).toContain('Its author has named none yet.')
})

test('shows strangers no path and no secret', () => {
  const of = (data: string): string =>
    modelCard({ ...content, run: { ...run, settings: { ...settings, data } } })
  expect(of('/home/ada/secret/my stories.txt')).not.toContain('ada')
  expect(of('/home/ada/secret/my stories.txt')).toContain('| stories | my stories.txt |')
  expect(of('https://ada:pass@example.com/a.txt?token=x')).toContain(
    '| stories | https://example.com/a.txt |',
  )
})

test('names of others mark nothing up', () => {
  const evil = '# <script>alert(1)</script>\n---\n[x](javascript:1) | `a` **b** !'
  const card = modelCard({ ...content, name: evil, license: 'x"\n- y', startToken: '`\n' })
  const body = card.split('\n---\n')[1]!
  expect(body).not.toMatch(/<script|\*\*|\]\(/)
  expect(card.split('\n').filter(line => line === '---')).toHaveLength(2)
  expect(card).toContain('license: "x\\"\\n- y"')
  expect(markdownText('1. a\n\n- b')).toBe('&#49;. a - b')
  expect(markdownText('Größe 5 % “x”')).toBe('Größe 5 % &#8220;x&#8221;')
  expect(yamlText('a\u2028\u0085: #')).toBe('"a\\u2028\\u0085: #"')
})
