import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { evaluateLoss, gptConfig, initParameters, loss } from '@tinystories/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TrainerError } from '../errors.ts'
import type { MetricsLine } from '../logging/metrics-line.ts'
import { adamW } from '../optimizers/adam-w.ts'
import { muon } from '../optimizers/muon.ts'
import { installedEngines } from '../testing/installed-engines.ts'
import { toyBatch, toyModel, toyStream } from '../testing/toy-model.ts'
import { format, metricsOf, options } from '../testing/toy-run.ts'
import type { EngineName, TrainableModel } from '../types.ts'
import { CheckpointStore } from './checkpoint-store.ts'
import { createTrainer, resumeTrainer, type TrainerOptions } from './create-trainer.ts'
import type { Trainer } from './trainer-types.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainer-'))
  await useBackend('cpu')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe.each<EngineName>(installedEngines)('on the engine %s', engine => {
  test('learns', async () => {
    const trainer = await createTrainer(options(engine))
    const before = await trainer.engine.evaluate(toyBatch(1000))
    const result = await trainer.run({ steps: 80 })
    await trainer.dispose()
    expect(result.status).toBe('finished')
    expect(result.step).toBe(80)
    expect(result.evaluation!.nats).toBeLessThan(0.3 * (before.nats / before.tokens))
    expect(result.evaluation!.accuracy).toBe(1)
  })

  test('a run stopped and resumed twice ends in the same bits as one that was not', async () => {
    const whole = join(folder, 'whole')
    const parts = join(folder, 'parts')
    const run = (at: string): Pick<TrainerOptions, 'run' | 'schedule'> => ({
      run: { folder: at, format, checkpointEverySteps: 4 },
      // By steps alone: what is done of a run limited by steps is the same in both.
      schedule: ({ step }) => 0.05 / step,
    })
    const reference = await createTrainer(options(engine, run(whole)))
    await reference.run({ steps: 20 })
    const expected = await reference.save()
    await reference.dispose()

    for (const steps of [7, 15]) {
      const part = await createTrainer({ ...options(engine, run(parts)), resume: steps > 7 })
      await part.run({ steps })
      await part.dispose()
    }
    const last = await resumeTrainer(options(engine, run(parts)))
    const result = await last.run({ steps: 20 })
    const found = await last.save()
    await last.dispose()

    expect(found).toEqual(expected)
    expect(result.tokens).toBe(20 * 12)
    const losses = (lines: MetricsLine[]): unknown[] =>
      lines.filter(line => line.type === 'step').map(({ step, loss }) => [step, loss])
    expect(losses(await metricsOf(parts))).toEqual(losses(await metricsOf(whole)))
  })
})

test.each([
  ['adamW', () => adamW()],
  ['muon', () => muon()],
])('all engines give the same losses with %s', async (_name, makeOptimizer) => {
  const losses: Record<string, number[]> = {}
  for (const engine of installedEngines) {
    const seen: number[] = []
    const trainer = await createTrainer(
      options(engine, {
        optimizer: makeOptimizer(),
        callbacks: { onMetrics: line => line.type === 'step' && seen.push(line.loss) },
      }),
    )
    await trainer.run({ steps: 20 })
    await trainer.dispose()
    losses[engine] = seen
  }
  for (const engine of installedEngines) {
    losses[engine]!.forEach((loss, i) => {
      expect(Math.abs(loss / losses.cpu![i]! - 1), `${engine}, step ${i + 1}`).toBeLessThan(1e-4)
    })
  }
})

test.each(installedEngines)('no tensor is left behind by a step on %s', async engine => {
  const counts: number[] = []
  const trainer = await createTrainer(
    options(engine, {
      callbacks: { onMetrics: line => line.type === 'step' && counts.push(tf.memory().numTensors) },
    }),
  )
  await trainer.run({ steps: 200 })
  await trainer.dispose()
  expect(counts[199]).toBe(counts[9])
})

const config = gptConfig('sample', { vocabSize: 7, hiddenSize: 16, layers: 2, heads: 2, contextLength: 6 })

function gpt(rate: number): TrainableModel {
  return {
    parameters: initParameters(config, 1),
    isRandom: rate > 0,
    loss: (parameters, batch) =>
      loss(config, parameters, batch, rate > 0 ? { rate, stream: 1, seed: batch.seed! } : undefined),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
}

test.each([0, 0.2])(
  'the GPT learns alike on the compiled engine and on cpu, with dropout of %s',
  async rate => {
    const losses: number[][] = []
    for (const engine of ['cpu', 'compiled'] as const) {
      const seen: number[] = []
      const trainer = await createTrainer(
        options(engine, {
          model: gpt(rate),
          schedule: () => 0.01,
          callbacks: { onMetrics: line => line.type === 'step' && seen.push(line.loss) },
        }),
      )
      await trainer.run({ steps: 20 })
      await trainer.dispose()
      losses.push(seen)
    }
    losses[1]!.forEach((value, i) => {
      expect(Math.abs(value / losses[0]![i]! - 1), `step ${i + 1}`).toBeLessThan(1e-4)
    })
    expect(losses[0]![19]).toBeLessThan(0.9 * losses[0]![0]!)
  },
)

test.each(['cpu', 'compiled'] as const)(
  'each batch drops something else, and after a resume what it would have dropped, on %s',
  async engine => {
    const run = async (at: string, steps: number, resume = false): Promise<Trainer> => {
      const trainer = await createTrainer({
        ...options(engine, { model: gpt(0.2), accumulate: 2, schedule: () => 0.01 }),
        ...{ run: { folder: join(folder, at), format }, resume },
      })
      await trainer.run({ steps })
      return trainer
    }
    const whole = await run('whole', 6)
    await (await run('parts', 4)).dispose()
    const parts = await run('parts', 6, true)
    expect(await parts.save()).toEqual(await whole.save())
    const lossOf = async (seed: number): Promise<number> => {
      await whole.engine.load(await parts.save())
      return (await whole.engine.step({ ...toyBatch(1), seed }, { learningRate: 0, ...noMoments })).loss
    }
    expect(await lossOf(1)).toBe(await lossOf(1))
    expect(await lossOf(1)).not.toBe(await lossOf(2))
    await whole.dispose()
    await parts.dispose()
  },
)
const noMoments = adamW({}).scalars(1)

test('an interrupted run leaves a checkpoint of its last step', async () => {
  const controller = new AbortController()
  const trainer = await createTrainer(
    options('cpu', {
      run: { folder, format },
      callbacks: { onMetrics: line => line.step === 13 && controller.abort() },
    }),
  )
  const result = await trainer.run({ steps: 1000, signal: controller.signal })
  const state = await trainer.save()
  await trainer.dispose()
  expect(result).toMatchObject({ status: 'aborted', step: 13 })
  const shapes = Object.fromEntries(Object.entries(toyModel().parameters).map(([name, p]) => [name, p.shape]))
  const store = new CheckpointStore({ folder: join(folder, 'checkpoints'), format, shapes })
  const checkpoint = await store.readNewest()
  expect(checkpoint.progress.step).toBe(13)
  expect(checkpoint.state).toEqual(state)
})

test('metrics of steps that are made again are cut off on resuming', async () => {
  const run = { folder, format, checkpointEverySteps: 5 }
  const first = await createTrainer(options('cpu', { run }))
  await first.run({ steps: 5 })
  await first.dispose()
  // As if the process had been killed in the middle of a later line.
  const path = join(folder, 'metrics.jsonl')
  const { length } = await readFile(path)
  await truncate(path, length + 3)
  const second = await resumeTrainer(options('cpu', { run }))
  await second.run({ steps: 8 })
  await second.dispose()
  const steps = (await metricsOf(folder)).filter(line => line.type === 'step').map(({ step }) => step)
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('a loss that is not a number ends the run and names the step', async () => {
  const trainer = await createTrainer(options('cpu', { schedule: ({ step }) => (step < 4 ? 0.01 : 1e38) }))
  const failure = await trainer.run({ steps: 50 }).catch(error => error)
  await trainer.dispose()
  if (!TrainerError.isInstance(failure) || failure.code !== 'diverged') throw failure
  const { step, batch, largestGradient, learningRate, loss } = failure.details
  expect(step).toBeGreaterThanOrEqual(4)
  expect(batch).toBe(step)
  expect(learningRate).toBe(1e38)
  expect(loss).not.toSatisfy(Number.isFinite)
  expect(Object.keys(toyModel().parameters)).toContain(largestGradient.parameter)
})

test('data that gives no batch is reported', async () => {
  const trainer = await createTrainer(options('cpu', { data: toyStream(0) }))
  await expect(trainer.run({ steps: 5 })).rejects.toMatchObject({ code: 'no-data' })
  await trainer.dispose()
})

test('data that ends ends the run', async () => {
  const trainer = await createTrainer(options('cpu', { data: toyStream(3) }))
  expect(await trainer.run({ steps: 50 })).toMatchObject({ status: 'finished', step: 3 })
  await trainer.dispose()
})

test('auto takes the compiled engine where ONNX Runtime is installed', async () => {
  const { engine: _, ...rest } = options('cpu')
  const trainer = await createTrainer(rest)
  expect(trainer.engine.name).toBe('compiled')
  expect(trainer.skippedEngines).toEqual([])
  expect(trainer.selectionReason).toBe('the fastest engine')
  await trainer.dispose()
})
