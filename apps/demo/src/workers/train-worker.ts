import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { CompilerError } from '@tinystories/compiler'
import { instructTemplateFile } from '@tinystories/dataset/instruct'
import { countParameters, type GptConfig, initParameterArrays, parameterShapes } from '@tinystories/model'
import { encodePretrained, tokenizerHash } from '@tinystories/model/files'
import { createWasmModel } from '@tinystories/model/generation'
import {
  createOptimizer,
  createSchedule,
  evaluationSet,
  trainableModel,
  trainingBatches,
  usualPrompt,
  writeStory,
} from '@tinystories/pipeline/recipe'
import { parseTokenizer, type Tokenizer } from '@tinystories/tokenizer'
import {
  type ArrayRecord,
  createTrainer,
  type EvaluationLine,
  type SampleLine,
  type StepLine,
  type Trainer,
  type TrainerOptions,
} from '@tinystories/trainer'
import { type CallContext, serveWorker, type WebScope } from '@tinystories/utils/workers'
import { zipSync } from 'fflate'
import { describeError } from '../errors/describe-error.ts'
import { PageError } from '../errors/page-error.ts'
import { hasWebGpu } from '../state/has-web-gpu.ts'
import { BrowserStorage } from '../training/browser-storage.ts'
import { configOf, openRunStories } from '../training/run-config.ts'
import { lockRun } from '../training/run-lock.ts'
import {
  deleteRun,
  type KeptRun,
  keepStart,
  listRuns,
  loadCheckpoint,
  loadStart,
  type RunStart,
} from '../training/run-store.ts'
import { recipeOf, type TrainingSettings } from '../training/settings.ts'
import { type NewRun, startRun } from '../training/start-run.ts'
import { type EngineChoice, type EngineInfo, startTfjs } from './engine.ts'
import { TfjsModel } from './tfjs-model.ts'
import { ortFiles } from './wasm-files.ts'

// Trains one run at a time. A pause ends a segment of the run with a checkpoint; the next one resumes, also after a reload.

/** What is reported while training. */
export type TrainEvent =
  | { type: 'phase'; text: string }
  | { type: 'engine'; engine: EngineInfo; parameters: number }
  | { type: 'line'; line: StepLine | EvaluationLine | SampleLine }
  | { type: 'checkpoint'; step: number }
  | { type: 'warning'; text: string }

export interface TrainArgs {
  /** The run's id: of a new run, or of one in the browser's storage. */
  id: string
  engine: EngineChoice
  /** Starts a new run; without it the run of that id is resumed. */
  start?: NewRun
}

const EVALUATION_STORIES = 24
const EVALUATE_EVERY = 50
const CHECKPOINT_SECONDS = 5
/** Between two samples. */
const SAMPLE_SECONDS = 6
const SAMPLE_TOKENS = 60

interface Run {
  id: string
  start: RunStart
  trainer: Trainer
  config: GptConfig
  tokenizer: Tokenizer
  settings: TrainingSettings
  /** What samples begin with. */
  prompt: string
  unlock(): void
}

let run: Run | undefined
/** Reports to the call in progress: a run outlives the call that started it. */
let report: (event: TrainEvent) => void = () => {}
let pausing: AbortController | undefined

const methods = {
  /** The runs in the browser's storage, the newest first. */
  list: (): Promise<KeptRun[]> => listRuns(),

  /** The metrics of a kept run. */
  async lines({ id }: { id: string }) {
    return (await loadCheckpoint(id))?.lines ?? []
  },

  async delete({ id }: { id: string }): Promise<void> {
    if (run?.id === id) await closeRun()
    const unlock = await lockRun(id)
    await deleteRun(id).finally(unlock)
  },

  /** Trains until the time is over or {@link methods.pause} is called. */
  async train(
    args: TrainArgs,
    { emit }: CallContext<TrainEvent>,
  ): Promise<{ finished: boolean; step: number }> {
    pausing = new AbortController()
    const { signal } = pausing
    report = event => emit(event)
    if (run && run.id !== args.id) await closeRun()
    run ??= await openRun(args, signal)
    const sample = createSampler(run)
    onStep = line => void sample(line)
    const result = await run.trainer.run({ minutes: run.settings.minutes, signal })
    return { finished: result.status === 'finished', step: result.step }
  },

  /** Ends the segment of `train`, which then writes a checkpoint and returns. */
  async pause(): Promise<void> {
    pausing?.abort()
  },

  /** The model as a zip of the folder that this page, the command line and transformers open. */
  async download(): Promise<Blob> {
    if (!run) throw new PageError('no-trained-model', {})
    const { trainer, config, tokenizer, start } = run
    const { parameters } = await trainer.save()
    const { endOfTextId } = tokenizer
    const files = await encodePretrained(
      { config, parameters },
      {
        stopIds: endOfTextId === undefined ? [] : [endOfTextId],
        tokenizerHash: await tokenizerHash(tokenizer),
      },
    )
    const entries: Record<string, Uint8Array> = {
      'my-model/tokenizer.json': new TextEncoder().encode(JSON.stringify(tokenizer.toJSON())),
    }
    const template = start.instruct?.template
    if (template)
      entries[`my-model/${instructTemplateFile}`] = new TextEncoder().encode(JSON.stringify(template))
    for (const [name, pieces] of Object.entries(files)) {
      entries[`my-model/${name}`] = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())
    }
    // Weights do not compress.
    return new Blob([zipSync(entries, { level: 0 }) as Uint8Array<ArrayBuffer>], { type: 'application/zip' })
  },
}

let onStep: (line: StepLine) => void = () => {}

async function closeRun(): Promise<void> {
  const closing = run
  run = undefined
  await closing?.trainer.dispose()
  closing?.unlock()
}

async function openRun({ id, engine, start: wanted }: TrainArgs, signal: AbortSignal): Promise<Run> {
  const unlock = await lockRun(id)
  try {
    const start = wanted
      ? await startRun(wanted, {
          signal,
          onPhase: text => report({ type: 'phase', text }),
          onWarning: text => report({ type: 'warning', text }),
        })
      : await loadStart(id)
    const { settings } = start
    const recipe = recipeOf(settings)
    const tokenizer = await parseTokenizer(start.tokenizer)
    const config = configOf(start, tokenizer.vocabSize)

    report({ type: 'phase', text: 'Preparing batches...' })
    // Parameters start as tensors; the engine has them afterwards.
    await useBackend('cpu')
    const arrays = start.from?.parameters ?? initParameterArrays(config, recipe.seed)
    const parameters = Object.fromEntries(
      Object.entries(parameterShapes(config)).map(([name, shape]) => [
        name,
        tf.tensor(arrays[name]!, shape, 'float32'),
      ]),
    )
    const { train, heldOut } = openRunStories(start)
    const prompts = Boolean(start.instruct)
    const contextLength = start.windowLength ?? config.contextLength
    const shape = { tokenizer, contextLength, batchSize: recipe.batchSize, prompts }
    const evaluation = await evaluationSet(heldOut, { ...shape, sampleSize: EVALUATION_STORIES, signal })

    report({ type: 'phase', text: 'Compiling the training step...' })
    const onGpu = engine === 'webgpu' && (await hasWebGpu())
    if (engine === 'webgpu' && !onGpu)
      report({ type: 'warning', text: 'WebGPU is not available: training uses WebAssembly.' })
    const isKept = !wanted || (await keeps(id, start))
    const resume = isKept && !wanted && (await loadCheckpoint(id)) !== undefined
    const storage = new BrowserStorage(id, settings)
    const trainer = await startTrainer(
      {
        model: trainableModel(config, parameters),
        data: trainingBatches(train, { ...shape, seed: recipe.seed }),
        optimizer: createOptimizer({ ...recipe, model: config }),
        schedule: createSchedule(recipe),
        evaluation: { ...evaluation, everySteps: EVALUATE_EVERY },
        ...(isKept && { storage }),
        resume,
        checkpointEverySeconds: CHECKPOINT_SECONDS,
        keepBest: false,
        callbacks: {
          onMetrics(line) {
            report({ type: 'line', line })
            if (line.type === 'step') onStep(line)
          },
          onCheckpoint: () => report({ type: 'checkpoint', step: storage.savedStep ?? 0 }),
          onWarning: text => report({ type: 'warning', text }),
        },
      },
      { engine, onGpu },
    )
    tf.dispose(parameters)
    const { total } = countParameters(config)
    report({ type: 'engine', engine: engineInfo(trainer, onGpu), parameters: total })
    const prompt = prompts ? await usualPrompt(heldOut, { tokenizer, prompts }) : ''
    return { id, start, trainer, config, tokenizer, settings, prompt, unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Compiled where that works, else with TensorFlow.js, which is reported. */
async function startTrainer(
  options: TrainerOptions,
  { engine, onGpu }: { engine: EngineChoice; onGpu: boolean },
): Promise<Trainer> {
  if (engine !== 'tfjs') {
    try {
      return await createTrainer({
        ...options,
        engine: 'compiled',
        runtime: {
          runtime: 'web',
          place: 'same-thread',
          providers: onGpu ? ['webgpu', 'wasm'] : ['wasm'],
          wasmPaths: await ortFiles(onGpu ? 'webgpu' : 'wasm'),
        },
      })
    } catch (error) {
      const isNotLoaded = PageError.isInstance(error) && error.code === 'not-loaded'
      if (!CompilerError.isInstance(error) && !isNotLoaded) throw error
      report({ type: 'warning', text: `Training uses TensorFlow.js, which is slow. ${describeError(error)}` })
    }
  }
  await startTfjs()
  return createTrainer({ ...options, engine: 'wasm' })
}

/** Keeps what a run starts from. Without storage the run continues all the same. */
async function keeps(id: string, start: RunStart): Promise<boolean> {
  try {
    await keepStart(id, start)
    return true
  } catch (error) {
    const text = `${describeError(error)} The run ends with this page; you can still download the model.`
    report({ type: 'warning', text })
    return false
  }
}

function engineInfo({ engine }: Trainer, onGpu: boolean): EngineInfo {
  if (engine.name !== 'compiled')
    return { kind: 'tfjs', threads: 1, description: 'TensorFlow.js, WebAssembly' }
  if (onGpu) return { kind: 'webgpu', threads: 1, description: 'compiled, WebGPU' }
  const threads = engine.threads ?? 1
  const description = `compiled, WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}`
  return { kind: 'wasm', threads, description }
}

/** Writes a sample now and then, between two steps. */
function createSampler(run: Run): (line: StepLine) => Promise<void> {
  let last = performance.now()
  let isWriting = false
  return async ({ step, seconds }) => {
    if (isWriting || performance.now() - last < SAMPLE_SECONDS * 1000) return
    isWriting = true
    try {
      const { parameters } = await run.trainer.save()
      report({
        type: 'line',
        line: { type: 'sample', step, seconds, text: await sample(run, parameters, step) },
      })
    } catch (error) {
      report({ type: 'warning', text: `No sample: ${describeError(error)}` })
    } finally {
      isWriting = false
      last = performance.now()
    }
  }
}

async function sample(
  { config, tokenizer, prompt }: Run,
  parameters: ArrayRecord,
  seed: number,
): Promise<string> {
  const arrays = { config, parameters }
  // An old browser has no such WebAssembly.
  const model = await createWasmModel(arrays).catch(() => TfjsModel.load(arrays))
  try {
    let text = ''
    const options = { prompt, seed, maxTokens: SAMPLE_TOKENS }
    for await (const piece of writeStory({ model, tokenizer }, options)) text += piece
    return text
  } finally {
    if (model instanceof TfjsModel) model.dispose()
  }
}

export type TrainWorkerMethods = typeof methods

serveWorker(self as unknown as WebScope, methods)
