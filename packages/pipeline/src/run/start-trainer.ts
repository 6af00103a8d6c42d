import { useBackend } from '@tinystories/backends'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { createTrainer, type EvaluationSet, type Trainer, type TrainerCallbacks } from '@tinystories/trainer'
import { evaluationSet, trainingBatches } from '../recipe/batches.ts'
import { createSchedule } from '../recipe/schedule.ts'
import { engineOptions } from './engine-options.ts'
import { fingerprints } from './fingerprints.ts'
import type { PreparedRun } from './prepare-run.ts'
import { runModel, saveRunModel } from './run-model.ts'
import { windowLength } from './run-settings.ts'
import { sampleWriter } from './sample-writer.ts'

/** Stories evaluated on during a run; all held-out stories are evaluated at its end. */
const storiesPerEvaluation = 128

/** Creates the trainer of a prepared run. @throws what `createTrainer` and the dataset throw */
export async function startTrainer(
  { run, settings, source, resume, weights, optimizerState }: PreparedRun,
  callbacks: Omit<TrainerCallbacks, 'onBest'>,
  signal: AbortSignal | undefined,
): Promise<Trainer> {
  await useBackend('cpu')
  const { tokensPerEpoch, patience, sampleEvery } = settings
  const shape = {
    tokenizer: source.tokenizer,
    contextLength: windowLength(settings),
    batchSize: settings.batchSize,
    prompts: source.instruct !== null,
  }
  const schedule = createSchedule(settings)
  const evaluation: EvaluationSet = await evaluationSet(source.heldOut, {
    ...shape,
    sampleSize: storiesPerEvaluation,
    signal,
  })
  return createTrainer({
    ...runModel(settings, weights),
    ...(optimizerState && { optimizerState }),
    data: trainingBatches(source.train, { ...settings, ...shape }),
    ...(tokensPerEpoch === null ? {} : { tokensPerEpoch }),
    schedule,
    accumulate: settings.accumulate,
    ...engineOptions(settings),
    evaluation: { ...evaluation, everySteps: settings.evaluateEvery },
    ...(patience === null ? {} : { earlyStopping: { patience } }),
    spikes: { action: settings.onSpike },
    ...(sampleEvery === null
      ? {}
      : { samples: { everySteps: sampleEvery, write: sampleWriter(settings, source.tokenizer) } }),
    run: {
      folder: run.folder,
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
      checkpointEverySteps: settings.checkpointEvery,
      keepCheckpoints: settings.keepCheckpoints,
      identity: await fingerprints(run, settings),
      config: settings,
    },
    resume: resume !== undefined,
    force: resume?.force ?? false,
    callbacks: {
      ...callbacks,
      onBest: (_result, state) => saveRunModel(run, settings, state.parameters, source.tokenizer),
    },
  })
}
