import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { type GptConfig, initParameters, type Parameters, parameterShapes } from '@tinystories/model'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { createTrainer, type EvaluationSet, type Trainer, type TrainerCallbacks } from '@tinystories/trainer'
import { saveModel } from '../model/save-model.ts'
import { evaluationSet, trainingBatches } from '../recipe/batches.ts'
import { createOptimizer } from '../recipe/optimizer.ts'
import { createSchedule } from '../recipe/schedule.ts'
import { trainableModel } from '../recipe/trainable-model.ts'
import { engineOptions } from './engine-options.ts'
import { fingerprints } from './fingerprints.ts'
import type { PreparedRun } from './prepare-run.ts'
import { windowLength } from './run-settings.ts'
import { sampleWriter } from './sample-writer.ts'

/** Stories evaluated on during a run; all held-out stories are evaluated at its end. */
const storiesPerEvaluation = 128

/** Creates the trainer of a prepared run. @throws what `createTrainer` and the dataset throw */
export async function startTrainer(
  { run, settings, source, resume, weights }: PreparedRun,
  callbacks: Omit<TrainerCallbacks, 'onBest'>,
  signal: AbortSignal | undefined,
): Promise<Trainer> {
  await useBackend('cpu')
  const { model: config, tokensPerEpoch, patience, sampleEvery } = settings
  const shape = {
    tokenizer: source.tokenizer,
    contextLength: windowLength(settings),
    batchSize: settings.batchSize,
    prompts: source.instruct !== null,
  }
  const schedule = createSchedule(settings)
  const optimizer = createOptimizer(settings)
  const evaluation: EvaluationSet = await evaluationSet(source.heldOut, {
    ...shape,
    sampleSize: storiesPerEvaluation,
    signal,
  })
  return createTrainer({
    model: trainableModel(
      config,
      weights ? tensorsOf(config, weights) : initParameters(config, settings.seed),
      settings,
    ),
    data: trainingBatches(source.train, { ...settings, ...shape }),
    ...(tokensPerEpoch === null ? {} : { tokensPerEpoch }),
    optimizer,
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
      onBest: (_result, state) =>
        saveModel(run.model, {
          config,
          parameters: state.parameters,
          tokenizer: source.tokenizer,
          template: source.instruct?.template,
        }),
    },
  })
}

function tensorsOf(config: GptConfig, weights: Record<string, Float32Array>): Parameters {
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => [
      name,
      tf.tensor(weights[name]!, shape, 'float32'),
    ]),
  )
}
