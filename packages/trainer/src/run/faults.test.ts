import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { FileError } from '@tinystories/utils/disk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TrainerError } from '../errors.ts'
import { type Fault, withFaultyDisk } from '../testing/faulty-disk.ts'
import { format, metricsOf, options } from '../testing/toy-run.ts'
import type { EngineState } from '../types.ts'
import { createTrainer, type TrainerOptions } from './create-trainer.ts'
import type { Trainer } from './trainer-types.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'))
  await useBackend('cpu')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let base: TrainerOptions
beforeAll(() => {
  base = options('cpu', { schedule: ({ step }) => 0.05 / step })
})
const runOf = (at: string, resume: boolean): Promise<Trainer> =>
  createTrainer({
    ...base,
    evaluation: { ...base.evaluation!, everySteps: 3 },
    run: { folder: at, format, checkpointEverySteps: 2, keepCheckpoints: 1 },
    resume,
  })

/** Trains to a step. Whatever fails, the trainer is disposed of, as an application does. */
async function train(at: string, steps: number, resume: boolean): Promise<EngineState> {
  const trainer = await runOf(at, resume)
  try {
    await trainer.run({ steps })
    return await trainer.save()
  } finally {
    await trainer.dispose()
  }
}

/** What a person does after a failure, with the disk in order: resumes, or starts a new run where there is no checkpoint. */
async function recover(at: string): Promise<EngineState> {
  // The process that failed has ended, and its lock with it.
  await rm(join(at, 'run.lock'), { force: true })
  try {
    return await train(at, 6, true)
  } catch (error) {
    if (!TrainerError.isInstance(error) || error.code !== 'no-checkpoint') throw error
    return train(at, 6, false)
  }
}

const stepsOf = async (at: string): Promise<unknown[]> =>
  (await metricsOf(at))
    .filter(line => line.type !== 'sample')
    .map(line => [line.type, line.step, 'loss' in line ? line.loss : line.nats])

test.each(['ENOSPC', 'EIO', 'EACCES'] satisfies Fault[])(
  'a run of which any one operation on files fails with %s resumes to the same result',
  async fault => {
    const expected = await train(join(folder, `${fault}-whole`), 6, false)
    const metrics = await stepsOf(join(folder, `${fault}-whole`))
    const half = join(folder, `${fault}-half`)
    await train(half, 3, false)

    /** Fails the n-th operation of `work`, for every n; gives back how many there were and how often it failed. */
    const sweep = async (
      prepare: (at: string) => Promise<void>,
      work: (at: string) => Promise<unknown>,
    ): Promise<{ points: number; failures: number }> => {
      let failures = 0
      for (let n = 1; ; n++) {
        const at = join(folder, 'swept')
        await rm(at, { recursive: true, force: true })
        await prepare(at)
        const operations = await withFaultyDisk(n, fault, async () => {
          try {
            await work(at)
          } catch (error) {
            failures++
            // Every failure names its file, or that checkpoints are damaged.
            if (!FileError.isInstance(error) && !TrainerError.isInstance(error)) throw error
          }
        })
        if (operations < n) return { points: n - 1, failures }
        expect(await recover(at), `operation ${n}`).toEqual(expected)
        expect(await stepsOf(at), `operation ${n}`).toEqual(metrics)
      }
    }
    const fresh = await sweep(
      async () => {},
      at => train(at, 6, false),
    )
    const resumed = await sweep(
      at => cp(half, at, { recursive: true }),
      at => train(at, 6, true),
    )
    // A sweep that injects nothing would pass.
    expect(fresh.points).toBeGreaterThan(60)
    expect(fresh.failures).toBeGreaterThan(10)
    expect(resumed.points).toBeGreaterThan(60)
    expect(resumed.failures).toBeGreaterThan(10)
  },
)
