import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTrainer } from '../run/create-trainer.ts'
import { options } from '../testing/toy-run.ts'
import { type MetricsTracker, trackMetrics } from './track-metrics.ts'

await useBackend('cpu')

interface Logged {
  step: number
  metrics: Record<string, number | string>
}

/** A tracking server that refuses some steps. */
let server: Server
let logged: Logged[]
let refused: number[]
let tracker: MetricsTracker

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const entry = JSON.parse(Buffer.concat(chunks).toString()) as Logged
    if (!refused.includes(entry.step)) logged.push(entry)
    response.writeHead(refused.includes(entry.step) ? 503 : 200).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  tracker = {
    async log(metrics, { step }) {
      const { status } = await fetch(url, { method: 'POST', body: JSON.stringify({ step, metrics }) })
      if (status !== 200) throw new Error(`the server answered ${status}`)
    },
  }
})
afterAll(() => server.close())
beforeEach(() => {
  logged = []
  refused = []
})

test('a server gets every step, evaluation and sample, in order', async () => {
  const tracked = trackMetrics(tracker)
  const trainer = await createTrainer({
    ...options('cpu'),
    samples: { everySteps: 5, write: async (_, step) => `A story of step ${step}.` },
    callbacks: tracked,
  })
  await trainer.run({ steps: 10 })
  await trainer.dispose()
  await tracked.flush()
  const steps = logged.filter(({ metrics }) => 'train/loss' in metrics)
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(Object.keys(steps[0]!.metrics)).toEqual([
    'train/tokens',
    'train/seconds',
    'train/loss',
    'train/bitsPerByte',
    'train/learningRate',
    'train/gradientNorm',
    'train/tokensPerSecond',
  ])
  expect(steps[9]!.metrics['train/tokens']).toBe(120)
  expect(logged.filter(({ metrics }) => 'heldOut/bitsPerByte' in metrics).map(({ step }) => step)).toEqual([
    10,
  ])
  expect(logged.filter(({ metrics }) => 'sample' in metrics)).toEqual([
    { step: 5, metrics: { sample: 'A story of step 5.' } },
    { step: 10, metrics: { sample: 'A story of step 10.' } },
  ])
  expect(logged.map(({ step }) => step)).toEqual(logged.map(({ step }) => step).toSorted((a, b) => a - b))
})

test('a tracker that fails is reported once until it works again, and training continues', async () => {
  refused = [2, 3, 4, 7]
  const warnings: string[] = []
  const tracked = trackMetrics(tracker, { onWarning: text => warnings.push(text) })
  const trainer = await createTrainer({ ...options('cpu'), callbacks: tracked })
  expect((await trainer.run({ steps: 8 })).step).toBe(8)
  await trainer.dispose()
  await tracked.flush()
  expect(warnings).toEqual([
    'The tracker did not take the metrics of step 2: the server answered 503. Training continues.',
    'The tracker did not take the metrics of step 7: the server answered 503. Training continues.',
  ])
  expect(logged.filter(({ metrics }) => 'train/loss' in metrics).map(({ step }) => step)).toEqual([
    1, 5, 6, 8,
  ])
})

test('one that throws, and a log that returns no promise, do no harm', async () => {
  const warnings: string[] = []
  const seen: number[] = []
  const tracked = trackMetrics(
    {
      log(_, { step }) {
        if (step === 1) throw new Error('not yet.')
        seen.push(step)
      },
    },
    { onWarning: text => warnings.push(text) },
  )
  for (const step of [1, 2]) tracked.onMetrics({ type: 'sample', step, seconds: 0, text: 'Hello' })
  await tracked.flush()
  expect(seen).toEqual([2])
  expect(warnings).toEqual(['The tracker did not take the metrics of step 1: not yet. Training continues.'])
})
