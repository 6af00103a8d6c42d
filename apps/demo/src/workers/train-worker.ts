import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { CompilerError } from '@tinystories/compiler'
import { openStories, splitStories } from '@tinystories/dataset'
import {
  evaluateLoss,
  type GptConfig,
  gptConfig,
  initParameters,
  loss,
  parameterShapes,
} from '@tinystories/model'
import { encodePretrained } from '@tinystories/model/files'
import { generateText } from '@tinystories/model/generation'
import { parseTokenizer, type Tokenizer, trainTokenizer } from '@tinystories/tokenizer'
import {
  type ArrayRecord,
  createTrainer,
  type EvaluationLine,
  type EvaluationSet,
  muon,
  type SampleLine,
  type StepLine,
  type TokenBatch,
  type Trainer,
  type TrainerOptions,
  warmupCosine,
} from '@tinystories/trainer'
import { zipSync } from 'fflate'
import { hasWebGpu } from '../state/has-web-gpu.ts'
import { BrowserStorage, type RunBeginning, type SavedRun, savedRun } from '../training/browser-storage.ts'
import { bundledStories, storiesOf } from '../training/corpus.ts'
import { clear, get, putAll } from '../training/database.ts'
import { sizes, type TrainingSettings } from '../training/settings.ts'
import { type EngineChoice, type EngineInfo, startTfjs } from './engine.ts'
import { type CallContext, serve } from './rpc.ts'
import { ortFiles } from './wasm-files.ts'

// Trains one model. Pausing ends the run with a checkpoint; going on resumes from it, also after the page was reloaded.

/** What is told while training. */
export type TrainEvent =
  | { type: 'phase'; text: string }
  | { type: 'engine'; engine: EngineInfo; parameters: number }
  | { type: 'line'; line: StepLine | EvaluationLine | SampleLine }
  | { type: 'checkpoint'; step: number }
  | { type: 'warning'; text: string }

export interface TrainArgs {
  settings: TrainingSettings
  /** The visitor's own text; the bundled stories without it. */
  corpus?: File
  engine: EngineChoice
  /** Goes on with the run in the browser's storage; settings and corpus are then taken from there. */
  resume: boolean
}

const HELD_OUT = 0.04
const EVALUATION_BATCHES = 4
const EVALUATE_EVERY = 50
const CHECKPOINT_EVERY = 100
/** Between two sample stories. */
const SAMPLE_SECONDS = 6
const SAMPLE_TOKENS = 60

interface Run {
  trainer: Trainer
  config: GptConfig
  tokenizer: Tokenizer
  settings: TrainingSettings
}

let run: Run | undefined

const methods = {
  /** The run in the browser's storage, if there is one. */
  saved: (): Promise<SavedRun | undefined> => savedRun(),

  async discard(): Promise<void> {
    await run?.trainer.dispose()
    run = undefined
    await clear()
  },

  /** Trains until the time is over or the call is cancelled, which is a pause. */
  async train(
    args: TrainArgs,
    { signal, emit }: CallContext<TrainEvent>,
  ): Promise<{ finished: boolean; step: number }> {
    const tell = (event: TrainEvent): void => emit(event)
    if (!args.resume) {
      await run?.trainer.dispose()
      run = undefined
    }
    run ??= await prepare(args, tell, signal)
    sampler = sampleEvery(SAMPLE_SECONDS, run, tell)
    listener = tell
    const result = await run.trainer.run({ minutes: run.settings.minutes, signal })
    return { finished: result.status === 'finished', step: result.step }
  },

  /** The model as a zip of the folder that the command line and transformers open. */
  async download(): Promise<Blob> {
    if (!run) throw new Error('There is no model yet: start training first.')
    const { trainer, config, tokenizer } = run
    const { parameters } = await trainer.save()
    const { endOfTextId } = tokenizer
    const files = await encodePretrained(
      { config, parameters },
      endOfTextId === undefined ? {} : { endOfTextId },
    )
    const entries: Record<string, Uint8Array> = {
      'my-model/tokenizer.json': new TextEncoder().encode(JSON.stringify(tokenizer.toJSON())),
    }
    for (const [name, pieces] of Object.entries(files)) {
      entries[`my-model/${name}`] = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer())
    }
    // Weights do not compress.
    return new Blob([zipSync(entries, { level: 0 }) as Uint8Array<ArrayBuffer>], { type: 'application/zip' })
  },
}

/** The one that is called now: a run outlives the call that began it. */
let listener: (event: TrainEvent) => void = () => {}
let sampler: (line: StepLine) => void = () => {}

async function prepare(
  { settings: wanted, corpus, resume, engine }: TrainArgs,
  tell: (event: TrainEvent) => void,
  signal: AbortSignal,
): Promise<Run> {
  const beginning = resume ? await get<RunBeginning>('beginning') : await begin(wanted, corpus, tell, signal)
  if (!beginning) throw new Error('The run is no longer in the storage of this browser: start a new one.')
  const { settings, stories } = beginning
  const size = sizes.find(({ id }) => id === settings.size)!
  const tokenizer = await parseTokenizer(beginning.tokenizer)
  const config = gptConfig('sample', { ...size.model, vocabSize: tokenizer.vocabSize })

  tell({ type: 'phase', text: 'Cutting the stories into batches...' })
  // Parameters begin as tensors; the engine has them afterwards.
  await useBackend('cpu')
  const parameters = initParameters(config, settings.seed)
  const { train, heldOut } = splitStories(openStories(stories), { heldOut: HELD_OUT })
  const packing = { contextLength: config.contextLength }
  const eos = tokenizer.endOfTextId === undefined ? {} : { eos: tokenizer.endOfTextId }
  const data = train
    .shuffle({ seed: settings.seed, bufferSize: 2000 })
    .repeat()
    .tokenize(tokenizer, eos)
    .pack(packing)
    .batch(size.batchSize)
  const evaluation = await evaluationSet(heldOut.tokenize(tokenizer, eos).pack(packing).batch(size.batchSize))

  tell({ type: 'phase', text: 'Compiling the training step...' })
  const onGpu = engine === 'webgpu' && (await hasWebGpu())
  const options: TrainerOptions = {
    model: {
      parameters,
      loss: (p, batch) => loss(config, p, batch),
      evaluate: (p, batch) => evaluateLoss(config, p, batch),
    },
    data,
    optimizer: muon({ weightDecay: 0.1 }),
    schedule: warmupCosine({ peak: size.peakLearningRate, warmupSteps: 60 }),
    runtime: {
      runtime: 'web',
      place: 'same-thread',
      providers: onGpu ? ['webgpu', 'wasm'] : ['wasm'],
      wasmPaths: ortFiles,
    },
    ...(evaluation && { evaluation: { ...evaluation, everySteps: EVALUATE_EVERY } }),
    ...((await storageWorks(beginning, resume, tell)) && { storage: new BrowserStorage() }),
    resume,
    checkpointEverySteps: CHECKPOINT_EVERY,
    keepBest: false,
    callbacks: {
      onMetrics(line) {
        listener({ type: 'line', line })
        if (line.type === 'step') sampler(line)
      },
      onCheckpoint: () => listener({ type: 'checkpoint', step: run?.trainer.step ?? 0 }),
      onWarning: text => listener({ type: 'warning', text }),
    },
  }
  const trainer = await startTrainer(options, engine, tell)
  tf.dispose(parameters)
  if (engine === 'webgpu' && !onGpu) {
    tell({ type: 'warning', text: 'There is no WebGPU here: training goes on with WebAssembly.' })
  }
  const count = Object.values(parameterShapes(config)).reduce(
    (sum, shape) => sum + shape.reduce((product, length) => product * length, 1),
    0,
  )
  tell({ type: 'engine', engine: engineInfo(trainer, onGpu), parameters: count })
  return { trainer, config, tokenizer, settings }
}

/** Compiled where that works, else with TensorFlow.js, which is told. */
async function startTrainer(
  options: TrainerOptions,
  engine: EngineChoice,
  tell: (event: TrainEvent) => void,
): Promise<Trainer> {
  if (engine !== 'tfjs') {
    try {
      return await createTrainer({ ...options, engine: 'compiled' })
    } catch (error) {
      if (!CompilerError.isInstance(error)) throw error
      tell({ type: 'warning', text: `Trained with TensorFlow.js, which is slow. ${error.message}` })
    }
  }
  await startTfjs()
  return createTrainer({ ...options, engine: 'wasm' })
}

/** Reads the text and learns its vocabulary. */
async function begin(
  settings: TrainingSettings,
  corpus: File | undefined,
  tell: (event: TrainEvent) => void,
  signal: AbortSignal,
): Promise<RunBeginning> {
  tell({ type: 'phase', text: 'Reading the stories...' })
  const stories = corpus ? await storiesOf(corpus) : await bundledStories()
  tell({ type: 'phase', text: 'Learning a vocabulary...' })
  const { vocabSize } = sizes.find(({ id }) => id === settings.size)!
  const tokenizer = await trainTokenizer(stories, { vocabSize, limitAlphabet: 400, signal })
  return { settings, stories, tokenizer: tokenizer.toJSON() }
}

/** Keeps what a run begins with. Without storage the run goes on all the same. */
async function storageWorks(
  beginning: RunBeginning,
  resume: boolean,
  tell: (event: TrainEvent) => void,
): Promise<boolean> {
  if (resume) return true
  try {
    await clear()
    await putAll({ beginning })
    return true
  } catch (error) {
    tell({
      type: 'warning',
      text: `${(error as Error).message} The run ends with this page; you can still download the model.`,
    })
    return false
  }
}

async function evaluationSet(batches: AsyncIterable<TokenBatch>): Promise<EvaluationSet | undefined> {
  const kept: TokenBatch[] = []
  for await (const batch of batches) {
    kept.push(batch)
    if (kept.length === EVALUATION_BATCHES) break
  }
  const bytes = kept.reduce((sum, batch) => sum + batch.bytes, 0)
  return bytes > 0 ? { batches: kept, bytes } : undefined
}

function engineInfo({ engine }: Trainer, onGpu: boolean): EngineInfo {
  const threads = Number(/(\d+) thread/.exec(engine.description)?.[1] ?? 1)
  if (engine.name !== 'compiled')
    return { kind: 'tfjs', threads: 1, description: 'TensorFlow.js, WebAssembly' }
  return onGpu
    ? { kind: 'webgpu', threads: 1, description: 'compiled, WebGPU' }
    : {
        kind: 'wasm',
        threads,
        description: `compiled, WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}`,
      }
}

/** Writes a story now and then, between two steps. */
function sampleEvery(
  seconds: number,
  { trainer, config, tokenizer }: Run,
  tell: (event: TrainEvent) => void,
) {
  let last = performance.now()
  let writing = false
  return (line: StepLine): void => {
    if (writing || performance.now() - last < seconds * 1000) return
    writing = true
    void trainer
      .save()
      .then(({ parameters }) => sample(config, tokenizer, parameters, line.step))
      .then(
        text =>
          tell({ type: 'line', line: { type: 'sample', step: line.step, seconds: line.seconds, text } }),
        (error: Error) => tell({ type: 'warning', text: `No sample: ${error.message}` }),
      )
      .finally(() => {
        writing = false
        last = performance.now()
      })
  }
}

async function sample(
  config: GptConfig,
  tokenizer: Tokenizer,
  arrays: ArrayRecord,
  seed: number,
): Promise<string> {
  await startTfjs()
  const shapes = parameterShapes(config)
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, shapes[name]!, 'float32')]),
  )
  try {
    let text = ''
    const pieces = generateText({
      model: { config, parameters },
      tokenizer,
      prompt: '',
      maxTokens: SAMPLE_TOKENS,
      temperature: 0.7,
      topP: 0.95,
      seed,
    })
    for await (const piece of pieces) text += piece
    return text
  } finally {
    tf.dispose(parameters)
  }
}

export type TrainWorkerMethods = typeof methods

serve(methods)
