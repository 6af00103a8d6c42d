import { PassThrough } from 'node:stream'
import type { MetricsLine } from '@tinystories/trainer'
import { expect, test, vi } from 'vitest'
import { formatDuration, Progress } from './progress.ts'

function screen(isTTY: boolean): { stream: NodeJS.WriteStream; text(): string } {
  const stream = new PassThrough().setEncoding('utf8')
  let text = ''
  stream.on('data', piece => {
    text += piece
  })
  return {
    stream: Object.assign(stream, { isTTY, columns: 200 }) as unknown as NodeJS.WriteStream,
    text: () => text,
  }
}

const step = (n: number): MetricsLine => ({
  type: 'step',
  step: n,
  tokens: n * 2048,
  seconds: n * 0.1,
  loss: 4,
  bitsPerByte: 1.5,
  learningRate: 0.001,
  gradientNorm: 1,
  tokensPerSecond: 20_480,
})

test('elsewhere than on a terminal it writes a plain line every five seconds and one at the end', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { stream, text } = screen(false)
    const progress = new Progress({ stream, steps: 100, shareDone: line => line.step / 100 })
    for (let n = 1; n <= 100; n++) {
      progress.update(step(n))
      vi.advanceTimersByTime(100)
    }
    const lines = text().trimEnd().split('\n')
    expect(lines.map(line => line.split('  ')[0])).toEqual(['step 1/100', 'step 51/100', 'step 100/100'])
    expect(lines[1]).toBe('step 51/100  51 %  loss 4.000  1.500 bits/byte  20,480 tokens/s  ETA 0:05')
  } finally {
    vi.useRealTimers()
  }
})

test('on a terminal one line renews itself, and notes stay above it', () => {
  const { stream, text } = screen(true)
  const progress = new Progress({ stream, steps: undefined, shareDone: () => 0.5 })
  progress.update(step(1))
  progress.note('saved')
  progress.end()
  expect(text().replaceAll('\x1b[K', '<erase>')).toMatch(/^\rstep 1 {2}50 %.*<erase>\nsaved\n$/)
})

test.each([
  [0, '0:00'],
  [75, '1:15'],
  [3599.6, '1:00:00'],
  [4000, '1:06:40'],
])('%s seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
