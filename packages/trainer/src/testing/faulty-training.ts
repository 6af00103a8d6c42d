import { cp, rm } from 'node:fs/promises'
import { useBackend } from '@tinystories/backends'
import type { FaultyWork } from '@tinystories/testing/faults'
import { TrainerError } from '../errors.ts'
import { createTrainer, type TrainerOptions } from '../run/create-trainer.ts'
import type { EngineState } from '../types.ts'
import { format, metricsOf, options } from './toy-run.ts'

/** Trains to a step. Whatever fails, the trainer is disposed of, as an application does. */
async function train(folder: string, steps: number, resume: boolean): Promise<EngineState> {
  const base: TrainerOptions = options('cpu', { schedule: ({ step }) => 0.05 / step })
  const trainer = await createTrainer({
    ...base,
    evaluation: { ...base.evaluation!, everySteps: 3 },
    run: { folder, format, checkpointEverySteps: 2, keepCheckpoints: 1 },
    resume,
  })
  try {
    await trainer.run({ steps })
    return await trainer.save()
  } finally {
    await trainer.dispose()
  }
}

/**
 * A toy run of six steps, from its beginning or, with `half`, from its third step.
 *
 * @param half a folder for the run that was interrupted
 */
export async function faultyTraining(half?: string): Promise<FaultyWork> {
  await useBackend('cpu')
  if (half !== undefined) {
    await rm(half, { recursive: true, force: true })
    await train(half, 3, false)
  }
  const states = new Map<string, EngineState>()
  return {
    async prepare(folder) {
      if (half !== undefined) await cp(half, folder, { recursive: true })
    },
    /** What a person does: resumes, or starts a new run where there is no checkpoint. */
    async work(folder) {
      try {
        states.set(folder, await train(folder, 6, true))
      } catch (error) {
        if (!TrainerError.isInstance(error) || error.code !== 'no-checkpoint') throw error
        states.set(folder, await train(folder, 6, false))
      }
    },
    async resultOf(folder) {
      const lines = (await metricsOf(folder)).filter(line => line.type !== 'sample')
      return {
        state: states.get(folder),
        metrics: lines.map(line => [line.type, line.step, 'loss' in line ? line.loss : line.nats]),
      }
    },
  }
}
