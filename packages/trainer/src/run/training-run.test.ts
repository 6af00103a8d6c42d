import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { appendFile, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MetricsLine } from '../logging/metrics-line.ts'
import { adamW } from '../optimizers/adam-w.ts'
import { averageWeights } from '../optimizers/average-weights.ts'
import { chain } from '../optimizers/chain.ts'
import { muon } from '../optimizers/muon.ts'
import { partition } from '../optimizers/partition.ts'
import { sgd } from '../optimizers/sgd.ts'
import { toyStream } from '../testing/toy-model.ts'
import { evaluationSet, format, metricsOf, options } from '../testing/toy-run.ts'
import type { BatchStream, EngineName } from '../types.ts'
import { createTrainer, resumeTrainer, type TrainerOptions } from './create-trainer.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainer-'))
  await useBackend('cpu')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the run ends', () => {
  test.each([
    [{ tokens: 50 }, 'tokens', 5],
    [{ epochs: 1.5 }, 'epochs', 8],
    [{ steps: 3, tokens: 1000 }, 'steps', 3],
    [{ minutes: 1e-9 }, 'minutes', 0],
  ] as const)('at %o', async (limits, reason, step) => {
    const trainer = await createTrainer(options('cpu', { tokensPerEpoch: 60 }))
    expect(await trainer.run(limits)).toMatchObject({ status: 'finished', reason, step })
    await trainer.dispose()
  })

  test('when nothing is gained any more, and stays ended', async () => {
    const run = { folder, format }
    const make = (resume: boolean): ReturnType<typeof createTrainer> =>
      createTrainer({
        ...options('cpu', { run, evaluation: { ...evaluationSet, everySteps: 5 } }),
        // The rate of a model that stands still: every evaluation is the same.
        schedule: ({ step }) => (step <= 10 ? 0.05 : 1e-12),
        earlyStopping: { patience: 3, minGain: 1e-6 },
        resume,
      })
    const trainer = await make(false)
    expect(await trainer.run({ steps: 100 })).toMatchObject({ reason: 'early-stopping', step: 25 })
    await trainer.dispose()
    const again = await make(true)
    expect(await again.run({ steps: 100 })).toMatchObject({ reason: 'early-stopping', step: 25 })
    await again.dispose()
  })

  test.each([
    [{}, 'missing-option', 'one of steps, tokens, epochs and minutes'],
    [{ steps: 0 }, 'invalid-option', 'steps'],
    [{ steps: 2.5 }, 'invalid-option', 'steps'],
    [{ tokens: 0.5 }, 'invalid-option', 'tokens'],
    [{ minutes: Number.NaN }, 'invalid-option', 'minutes'],
    [{ epochs: 2 }, 'missing-option', 'tokensPerEpoch'],
  ])('never starts with the limits %o', async (limits, code, option) => {
    const trainer = await createTrainer(options('cpu'))
    await expect(trainer.run(limits)).rejects.toMatchObject({ code, details: { option } })
    await trainer.dispose()
  })
})

test.each([
  [{ accumulate: 0 }, 'invalid-option', 'accumulate'],
  [{ earlyStopping: { patience: 0 } }, 'invalid-option', 'earlyStopping.patience'],
  [{ earlyStopping: { patience: 2, minGain: -1 } }, 'invalid-option', 'earlyStopping.minGain'],
  [{ earlyStopping: { patience: 2 }, evaluation: undefined as never }, 'missing-option', 'evaluation'],
  [{ spikes: { threshold: 0 } }, 'invalid-option', 'spikes.threshold'],
  [{ spikes: { action: 'rollback' as const } }, 'missing-option', 'run.folder'],
  [{ engine: 'gpu' as never }, 'invalid-option', 'engine'],
])('refuses %o', async (more, code, option) => {
  await expect(createTrainer(options('cpu', more))).rejects.toMatchObject({ code, details: { option } })
})

test('accumulated batches make the step of their sum, and a resume comes between two steps', async () => {
  const run = { folder, format, checkpointEverySteps: 3 }
  const expected = await createTrainer(options('cpu', { accumulate: 3 }))
  const { tokens } = await expected.run({ steps: 8 })
  expect(tokens).toBe(8 * 3 * 12)
  for (const steps of [5, 8]) {
    const part = await createTrainer({ ...options('cpu', { run, accumulate: 3 }), resume: steps === 8 })
    // The schedule looks at the share done, so both runs are to have the same end.
    await part.run({ steps: 8, signal: abortAt(part, steps) })
    if (steps === 8) expect(await part.save()).toEqual(await expected.save())
    await part.dispose()
  }
  await expected.dispose()

  function abortAt(trainer: Awaited<typeof expected>, step: number): AbortSignal {
    const controller = new AbortController()
    const original = trainer.engine.step.bind(trainer.engine)
    let made = trainer.step
    trainer.engine.step = (batch, scalars) => {
      if (++made === step && step < 8) controller.abort()
      return original(batch, scalars)
    }
    return controller.signal
  }
})

test('averages are evaluated and passed on as the best', async () => {
  const optimizer = chain(adamW(), averageWeights({ decay: 0.9 }))
  const best: { nats: number; weight: Float32Array }[] = []
  const trainer = await createTrainer(
    options('cpu', {
      optimizer,
      callbacks: { onBest: ({ nats }, state) => void best.push({ nats, weight: state.parameters.weight! }) },
    }),
  )
  await trainer.run({ steps: 30 })
  const state = await trainer.save()
  expect(best.at(-1)!.weight).toEqual(state.optimizer['1.average']!.weight)
  expect(best.at(-1)!.weight).not.toEqual(state.parameters.weight)
  await trainer.engine.load({ ...state, parameters: state.optimizer['1.average']! })
  const sums = await trainer.engine.evaluate(evaluationSet.batches[0]!)
  const more = await trainer.engine.evaluate(evaluationSet.batches[1]!)
  // The same sums, computed twice.
  expect((sums.nats + more.nats) / 24).toBeNear(best.at(-1)!.nats, { relative: 1e-12 })
  await trainer.dispose()
})

test('samples become lines of the metrics, and one that fails is no reason to stop', async () => {
  const warnings: string[] = []
  const trainer = await createTrainer(
    options('cpu', {
      run: { folder, format },
      samples: {
        everySteps: 4,
        async write(parameters, step) {
          if (step === 8) throw new Error('no generator')
          return `step ${step}, ${Object.keys(parameters).length} parameters`
        },
      },
      callbacks: { onWarning: text => warnings.push(text) },
    }),
  )
  await trainer.run({ steps: 12 })
  await trainer.dispose()
  const samples = (await metricsOf(folder)).filter(line => line.type === 'sample')
  expect(samples.map(({ step, text }) => [step, text])).toEqual([
    [4, 'step 4, 3 parameters'],
    [12, 'step 12, 3 parameters'],
  ])
  expect(warnings).toEqual(['No sample at step 8: no generator'])
})

/** Toy batches of which some have weights that are not numbers. */
function poisoned(bad: number[]): BatchStream {
  return {
    iterate(options) {
      const cursor = toyStream().iterate(options)
      let index = (options?.from ?? 0) as number
      return {
        async next() {
          const { value } = await cursor.next()
          return {
            done: false,
            value: bad.includes(++index) ? { ...value, mask: value.mask.map(() => NaN) } : value,
          }
        },
        state: () => cursor.state(),
      }
    },
  }
}

describe('when training diverges', () => {
  test('it returns to the last checkpoint and skips the batch, as if it had never been there', async () => {
    const warnings: string[] = []
    const schedule = ({ step }: { step: number }): number => 0.05 / step
    const rolling = options('cpu', {
      data: poisoned([3, 9]),
      schedule,
      run: { folder: join(folder, 'rolling'), format, checkpointEverySteps: 4 },
      spikes: { action: 'rollback' },
      callbacks: { onWarning: text => warnings.push(text) },
    })
    const trainer = await createTrainer(rolling)
    const result = await trainer.run({ steps: 12 })
    const found = await trainer.save()
    await trainer.dispose()
    expect(result.step).toBe(12)
    expect(warnings).toEqual([
      expect.stringMatching(
        /diverged at step 3, batch 3: loss NaN.* has the largest gradient .*Returning to/,
      ),
      expect.stringMatching(/diverged at step 8, batch 9: loss NaN/),
    ])

    let given = 0
    const clean: BatchStream = {
      iterate: () => {
        const cursor = toyStream().iterate()
        return {
          async next() {
            for (;;) {
              const item = await cursor.next()
              if (![3, 9].includes(++given)) return item
            }
          },
          state: () => given,
        }
      },
    }
    const reference = await createTrainer(options('cpu', { data: clean, schedule }))
    await reference.run({ steps: 12 })
    expect(found).toEqual(await reference.save())
    await reference.dispose()
    const steps = (await metricsOf(join(folder, 'rolling'))).filter(({ type }) => type === 'step')
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  test('it gives up when skipping batches does not help', async () => {
    const trainer = await createTrainer(
      options('cpu', {
        data: poisoned(Array.from({ length: 100 }, (_, i) => i + 1)),
        run: { folder, format },
        spikes: { action: 'rollback', maxRollbacks: 3 },
      }),
    )
    await expect(trainer.run({ steps: 12 })).rejects.toMatchObject({
      code: 'diverged',
      details: { step: 1, batch: 4, rollbacks: 3 },
    })
    await trainer.dispose()
  })

  test('a loss spike is reported, and training continues', async () => {
    const warnings: string[] = []
    const trainer = await createTrainer(
      options('cpu', {
        optimizer: sgd({ momentum: 0, maxGradientNorm: Number.POSITIVE_INFINITY }),
        schedule: ({ step }) => (step === 30 ? 100 : 1e-3),
        spikes: { window: 10 },
        callbacks: { onWarning: text => warnings.push(text) },
      }),
    )
    expect(await trainer.run({ steps: 32 })).toMatchObject({ step: 32 })
    await trainer.dispose()
    expect(warnings[0]).toMatch(
      /diverged at step 31, batch 31: loss .* standard deviations above the .* last 10 steps/,
    )
  })
})

describe('a resume', () => {
  const identity = { model: 'm', tokenizer: 't', data: 'd' }
  const begin = async (more: Partial<TrainerOptions> = {}): Promise<void> => {
    const trainer = await createTrainer(options('cpu', { run: { folder, format, identity }, ...more }))
    await trainer.run({ steps: 6 })
    await trainer.dispose()
  }

  test('with other data or another tokenizer is refused by name, unless it is forced', async () => {
    await begin()
    const other = { ...identity, data: 'x', tokenizer: 'y' }
    const changed = options('cpu', { run: { folder, format, identity: other } })
    await expect(resumeTrainer(changed)).rejects.toMatchObject({
      code: 'other-identity',
      details: { changed: ['tokenizer', 'data'] },
    })
    const warnings: string[] = []
    const forced = await resumeTrainer({
      ...changed,
      force: true,
      callbacks: { onWarning: text => warnings.push(text) },
    })
    expect(await forced.run({ steps: 8 })).toMatchObject({ step: 8 })
    await forced.dispose()
    expect(warnings).toEqual([
      expect.stringMatching(/another tokenizer and another data\. Resuming all the same/),
    ])
  })

  test('with another optimizer is refused, or forced to reset its state', async () => {
    await begin()
    const changed = options('cpu', { run: { folder, format, identity }, optimizer: sgd() })
    await expect(resumeTrainer(changed)).rejects.toMatchObject({
      code: 'other-optimizer',
      details: { found: ['1.firstMoment', '1.secondMoment'], expected: ['1.momentum'] },
    })
    const forced = await resumeTrainer({ ...changed, force: true })
    expect(await forced.run({ steps: 8 })).toMatchObject({ step: 8 })
    await forced.dispose()
  })

  test.each([
    ['adamW', () => chain(adamW(), averageWeights({ decay: 0.9 }))],
    ['muon', () => muon()],
  ])(
    'of %s from a checkpoint of earlier versions, which named slots otherwise, is bit-exact',
    async (_, make) => {
      const run = { folder, format, checkpointEverySteps: 6 }
      const schedule = ({ step }: { step: number }): number => 0.05 / step
      await begin({ run, schedule, optimizer: make() })
      const reference = await createTrainer(options('cpu', { schedule, optimizer: make() }))
      await reference.run({ steps: 10 })
      const checkpoint = join(folder, 'checkpoints/step-00000006')
      const manifestPath = join(checkpoint, 'checkpoint.json')
      const { progress, files } = JSON.parse(await readFile(manifestPath, 'utf8')) as {
        progress: object
        files: Record<string, string>
      }
      const oldFiles: Record<string, string> = {}
      for (const [file, hash] of Object.entries(files)) {
        const old = file.replace(/\b\d+\./g, '')
        oldFiles[old] = hash
        await rename(join(checkpoint, file), join(checkpoint, old))
      }
      expect(Object.keys(oldFiles)).not.toEqual(Object.keys(files))
      await writeFile(manifestPath, JSON.stringify({ version: 1, progress, files: oldFiles }))
      const resumed = await resumeTrainer(options('cpu', { run, schedule, optimizer: make() }))
      await resumed.run({ steps: 10 })
      expect(await resumed.save()).toEqual(await reference.save())
      await resumed.dispose()
      await reference.dispose()
    },
  )

  test('with an optimizer of which one half has no parameters works on every engine', async () => {
    const optimizer = partition(() => true, adamW(), sgd())
    for (const engine of ['compiled', 'cpu', 'compiled'] as const) {
      const trainer = await createTrainer({
        ...options(engine, { run: { folder, format }, optimizer }),
        resume: existsSync(join(folder, 'checkpoints')),
      })
      expect(await trainer.run({ steps: trainer.step + 2 })).toMatchObject({ reason: 'steps' })
      await trainer.dispose()
    }
  })

  test('uses the checkpoint before a damaged one, with a warning, and gives the same result', async () => {
    const run = { folder, format, checkpointEverySteps: 3, keepBest: false }
    const schedule = ({ step }: { step: number }): number => 0.05 / step
    await begin({ run, schedule })
    const reference = await createTrainer(options('cpu', { schedule }))
    await reference.run({ steps: 10 })
    await appendFile(join(folder, 'checkpoints/step-00000006/optimizer-1.firstMoment.safetensors'), 'x')
    const warnings: string[] = []
    const trainer = await resumeTrainer(
      options('cpu', { run, schedule, callbacks: { onWarning: text => warnings.push(text) } }),
    )
    expect(trainer.step).toBe(3)
    await trainer.run({ steps: 10 })
    expect(await trainer.save()).toEqual(await reference.save())
    await reference.dispose()
    await trainer.dispose()
    expect(warnings).toEqual([expect.stringMatching(/step-00000006 is damaged .*: using the one before it/)])
  })

  test.each(['wasm', 'compiled'] as const)(
    'on %s a run that began on cpu continues within rounding',
    async engine => {
      const losses = async (second: EngineName, at: string): Promise<number[]> => {
        const run = { folder: join(folder, at), format }
        const seen: number[] = []
        const callbacks = { onMetrics: (line: MetricsLine) => line.type === 'step' && seen.push(line.loss) }
        for (const [name, steps] of [
          ['cpu', 20],
          [second, 40],
        ] as const) {
          const trainer = await createTrainer({
            ...options(name, { run, callbacks, schedule: () => 0.02 }),
            resume: steps === 40,
          })
          await trainer.run({ steps })
          await trainer.dispose()
        }
        return seen
      }
      const expected = await losses('cpu', 'one')
      const found = await losses(engine, 'two')
      found.forEach((loss, i) => {
        expect(Math.abs(loss / expected[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-3)
      })
    },
  )
})

describe('the run folder', () => {
  test('takes one trainer at a time', async () => {
    const run = { folder, format }
    const first = await createTrainer(options('cpu', { run }))
    await expect(createTrainer(options('cpu', { run }))).rejects.toMatchObject({
      name: 'LockError',
      code: 'held',
    })
    await first.dispose()
    await (await createTrainer(options('cpu', { run }))).dispose()
    expect(await readdir(folder)).toEqual(['checkpoints'])
  })

  test('is released when the set-up fails', async () => {
    const run = { folder, format }
    await expect(createTrainer(options('node-gpu', { run }))).rejects.toThrow()
    await (await createTrainer(options('cpu', { run }))).dispose()
  })

  test('may be unwritable for a while: training continues, and the next checkpoint is written', async () => {
    const checkpoints = join(folder, 'checkpoints')
    const warnings: string[] = []
    const written: string[] = []
    const trainer = await createTrainer(
      options('cpu', {
        run: { folder, format, checkpointEverySteps: 5, keepBest: false },
        callbacks: {
          onCheckpoint(path) {
            written.push(path.slice(-2))
            if (written.length > 1) return
            // A file where the folder of checkpoints was: nothing can be written there, not even by root.
            rmSync(checkpoints, { recursive: true })
            writeFileSync(checkpoints, '')
          },
          onWarning(text) {
            warnings.push(text)
            rmSync(checkpoints)
            mkdirSync(checkpoints)
          },
        },
      }),
    )
    await trainer.run({ steps: 25 })
    await trainer.dispose()
    expect(warnings).toEqual([expect.stringMatching(/Cannot write .*step-00000010.*Training continues/)])
    expect(written).toEqual(['05', '15', '20', '25'])
  })
})

test('a wall clock that goes backwards does no harm', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
  try {
    const seconds: number[] = []
    const trainer = await createTrainer(
      options('cpu', {
        run: { folder, format, checkpointEverySteps: 4 },
        callbacks: {
          onMetrics: line => {
            seconds.push(line.seconds)
            vi.setSystemTime(Date.now() - 3_600_000)
          },
        },
      }),
    )
    await trainer.run({ steps: 10, minutes: 5 })
    await trainer.dispose()
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b))
    const resumed = await resumeTrainer(options('cpu', { run: { folder, format } }))
    expect(resumed.step).toBe(10)
    await resumed.dispose()
  } finally {
    vi.useRealTimers()
  }
})
