import { PassThrough } from 'node:stream'
import type { MetricsLine } from '@tinystories/trainer'
import { expect, test, vi } from 'vitest'
import { formatDuration, Progress } from './progress.ts'
import { drawRunView, type RunView } from './run-view.ts'

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

/** What a terminal shows of a text with the two sequences that the view uses: up n rows, and erase what follows. */
function shown(text: string): string[] {
  const rows = ['']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of terminals begin with one
  for (const [piece, up] of text.matchAll(/\x1b\[(\d+)A\x1b\[0J|\n|[^\n\x1b]+/g)) {
    if (up !== undefined) rows.splice(rows.length - 1 - Number(up), Number.POSITIVE_INFINITY, '')
    else if (piece === '\n') rows.push('')
    else rows[rows.length - 1] += piece
  }
  return rows
}

test('on a terminal a view with the curve renews itself, and notes stay above it', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const { stream, text } = screen(true)
    const options = { flopsPerToken: 1e6, peakFlops: 1e11 }
    const progress = new Progress({ stream, steps: 100, shareDone: line => line.step / 100, ...options })
    for (let n = 1; n <= 50; n++) {
      progress.update({
        ...step(n),
        type: 'step',
        bitsPerByte: (8 - n / 10) / 2.5,
        loss: 8 - n / 10,
      } as MetricsLine)
      vi.advanceTimersByTime(200)
      if (n === 20) progress.note('a story')
    }
    const rows = shown(text())
    expect(rows[0]).toBe('a story')
    expect(rows[1]).toBe('step 50/100  50 %  ETA 0:05')
    expect(rows.filter(row => row.includes('step '))).toHaveLength(1)
    expect(rows.at(-3)).toContain("20.5 GFLOP/s (20 % of the machine's)")
    // Half of the run is behind: the curve takes half of the width, and falls.
    const curve = rows.slice(2, 10).map(row => row.slice(9))
    expect(curve.every(row => /^\u2800*$/.test(row.slice(52)))).toBe(true)
    // An evaluation after the last step still comes into the view.
    const evaluation = (n: number, bitsPerByte: number): MetricsLine => ({
      ...{ type: 'evaluation', step: n, seconds: n, bitsPerByte, nats: 2, perplexity: 7, accuracy: 0.5 },
      ...{ tokens: 1, bytes: 1 },
    })
    progress.update(evaluation(20, 2.1))
    progress.update(evaluation(40, 1.9))
    expect(shown(text()).at(-4)).toContain('1.900 held out •  best 1.900 at step 40')
    const column = (row: string): number => row.search(/[^\u2800]/)
    expect(column(curve[0]!)).toBeLessThan(column(curve[7]!))
    progress.end()
    progress.note('done')
    expect(shown(text()).slice(-2)).toEqual(['done', ''])
  } finally {
    vi.useRealTimers()
  }
})

const view: RunView = {
  place: 'step 3  50 %',
  training: [
    { x: 1, y: 3 },
    { x: 2, y: 2 },
    { x: 3, y: 1 },
  ],
  share: 0.5,
  heldOut: [{ x: 2, y: 2.5 }],
  tokensPerSecond: 1000,
  learningRate: 0.001,
  memory: 2 ** 28,
}

test('held-out scores are dots in the chart, beside the curve', () => {
  const rows = drawRunView(view, 80)
  const chart = rows.slice(1, 9)
  expect(chart.filter(row => row.includes('•'))).toHaveLength(1)
  // 2.5 of 1 to 3: a quarter from the top, at the step where the curve has come to the middle.
  expect(chart.findIndex(row => row.includes('•'))).toBe(2)
  expect(rows[9]).toBe('bits/byte 1.000 training  2.500 held out •  best 2.500 at step 2')
})

test('colors change nothing but the colors', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences of terminals begin with one
  const plain = (rows: string[]): string[] => rows.map(row => row.replaceAll(/\x1b\[\d+m/g, ''))
  const colored = drawRunView(view, 80, { colors: true })
  expect(plain(colored)).toEqual(drawRunView(view, 80))
  expect(colored.join('\n')).toContain('\x1b[33m•\x1b[0m')
  expect(colored[9]).toContain('\x1b[36m1.000 training\x1b[0m')
})

test('on a terminal a long note is broken between its words, elsewhere it is one line', () => {
  for (const [isTTY, expected] of [
    [true, 'a story of\nmany\nverylongwords-without-end\nin it\n'],
    [false, 'a story of many verylongwords-without-end in it\n'],
  ] as const) {
    const { stream, text } = screen(isTTY)
    Object.assign(stream, { columns: 12 })
    new Progress({ stream, steps: 1, shareDone: () => 0 }).note(
      'a story of many verylongwords-without-end in it',
    )
    expect(text().replaceAll(/(?<=-without)\n?/g, '')).toBe(expected)
  }
})

test('where the terminal is low it is one line', () => {
  const { stream, text } = screen(true)
  Object.assign(stream, { rows: 8 })
  const progress = new Progress({ stream, steps: undefined, shareDone: () => 0.5 })
  progress.update(step(1))
  progress.note('saved')
  progress.end()
  expect(shown(text())).toEqual([
    'saved',
    'step 1  50 %  loss 4.000  1.500 bits/byte  20,480 tokens/s  ETA -',
    '',
  ])
})

test.each([
  [0, '0:00'],
  [75, '1:15'],
  [3599.6, '1:00:00'],
  [4000, '1:06:40'],
])('%s seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
