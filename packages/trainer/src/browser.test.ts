import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import * as browser from './browser.ts'
import * as node from './index.ts'
import { toyModel, toyStream } from './testing/toy-model.ts'

test('what a page takes imports nothing of Node', () => {
  const seen = new Set<string>()
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return
    seen.add(url.href)
    const text = readFileSync(url, 'utf8')
    for (const [statement, from] of text.matchAll(/^(?:import|export)\b[^']*? from '([^']+)'/gm)) {
      if (/^(?:import|export) type\b/.test(statement)) continue
      expect(createRequire(import.meta.url).resolve.paths(from!), `${from} in ${url}`).not.toBeNull()
      expect(from, `in ${url}`).not.toMatch(/^node:/)
      if (from!.startsWith('.')) visit(new URL(from!, url))
    }
    // Types may be named; they are gone when it runs.
    expect(text, url.href).not.toMatch(/(?<!typeof )import\('node:/)
  }
  visit(new URL('./browser.ts', import.meta.url))
  expect(seen.size).toBeGreaterThan(20)
})

test('a page has what Node has, but for files', () => {
  const onlyNode = Object.keys(node).filter(name => !(name in browser))
  expect(onlyNode).toEqual(['openTensorBoardFile', 'CheckpointStore', 'resumeTrainer'])
  for (const name of ['createEngine', 'evaluateOn', 'findLearningRate', 'muon', 'crossEntropy']) {
    expect(onlyNode).not.toContain(name)
  }
})

test('a page trains', async () => {
  await useBackend('cpu')
  const trainer = await browser.createTrainer({
    model: toyModel(),
    data: toyStream(),
    optimizer: browser.adamW(),
    schedule: browser.constant(0.05),
    engine: 'cpu',
  })
  expect(await trainer.run({ steps: 5 })).toMatchObject({ step: 5, reason: 'steps' })
  await trainer.dispose()
  expect(tf.getBackend()).toBe('cpu')
})

test.each([
  { checkpointEverySeconds: 1e-9, steps: [1, 2, 3, 4, 5] },
  { checkpointEverySeconds: 1e9, steps: [1, 5] },
  { checkpointEverySeconds: 1e9, checkpointEverySteps: 2, steps: [1, 2, 4, 5] },
  { checkpointEverySteps: 3, steps: [3, 5] },
])(
  'a page keeps a checkpoint after the first step, each time or number of steps, and at the end: %o',
  async expected => {
    await useBackend('cpu')
    const { steps, ...every } = expected
    const written: number[] = []
    const storage: browser.RunStorage = {
      checkpoints: {
        write: async (_, { step }) => {
          written.push(step)
          return ''
        },
        readNewest: () => Promise.reject(new Error('nothing is resumed')),
        list: async () => [],
      },
      openMetrics: async () => ({
        bytes: 0,
        append() {},
        flush: async () => {},
        rewind: async () => {},
        close: async () => {},
      }),
      release: async () => {},
    }
    const trainer = await browser.createTrainer({
      model: toyModel(),
      data: toyStream(),
      optimizer: browser.adamW(),
      schedule: browser.constant(0.05),
      engine: 'cpu',
      storage,
      ...every,
    })
    await trainer.run({ steps: 5 })
    await trainer.dispose()
    expect(written).toEqual(steps)
  },
)
