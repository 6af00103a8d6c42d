import type { MetricsLine } from '@tinystories/trainer'
import { expect, test } from 'vitest'
import { lossCurve } from './loss-curve.ts'

const lines: MetricsLine[] = Array.from({ length: 300 }, (_, i): MetricsLine[] => {
  const bitsPerByte = 1 + 2 / (i + 1)
  const step: MetricsLine = {
    type: 'step',
    step: i + 1,
    tokens: 0,
    seconds: 0,
    loss: 1,
    bitsPerByte,
    learningRate: 0,
    gradientNorm: 0,
    tokensPerSecond: 0,
  }
  const evaluation: MetricsLine = {
    type: 'evaluation',
    step: i + 1,
    seconds: 0,
    nats: 1,
    bitsPerByte: bitsPerByte + 0.1,
    perplexity: 1,
    accuracy: 0,
    tokens: 1,
    bytes: 1,
  }
  return i % 100 === 99 ? [step, evaluation] : [step]
}).flat()

test('draws every curve inside the picture and marks the best held-out score', () => {
  const svg = lossCurve(lines, { title: 'A & B' })
  expect(svg).toContain('A &amp; B')
  expect(svg).toContain('>1.107</text>')
  const points = [...svg.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
  expect(points.length).toBeGreaterThan(500)
  for (const [x, y] of points) {
    expect(x).toBeGreaterThanOrEqual(64)
    expect(x).toBeLessThanOrEqual(856)
    expect(y).toBeGreaterThanOrEqual(44)
    expect(y).toBeLessThanOrEqual(392)
  }
  expect(svg).not.toContain('NaN')
})

test('a single step is enough', () => {
  expect(lossCurve(lines.slice(0, 1), { title: 'short' })).not.toMatch(/NaN|Infinity/)
})
