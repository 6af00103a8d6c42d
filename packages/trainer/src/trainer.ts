import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArrayFormat, type CheckpointProgress, CheckpointStore } from './checkpoints.ts'
import { createEngine, type EngineChoice, type EngineName } from './engines/create-engine.ts'
import { DivergedError, NoDataError } from './errors.ts'
import { type EvaluationResult, type EvaluationSet, evaluateOn } from './evaluate.ts'
import { initialState } from './initial-state.ts'
import { MetricsFile, type MetricsLine } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Schedule } from './schedules.ts'
import type { BatchCursor, BatchStream, Engine, EngineState, TokenBatch, TrainableModel } from './types.ts'

export interface TrainerOptions {
  model: TrainableModel
  /** An endless stream of training batches, or one that ends, and the run with it. */
  data: BatchStream
  optimizer: Optimizer
  schedule: Schedule
  /** Default `auto`, see `createEngine`. */
  engine?: EngineName | 'auto'
  /** Threads of the compiled engine. Default: one for each core. */
  threads?: number
  /** Held-out windows, measured every so many steps (default 100) and at the end. */
  evaluation?: EvaluationSet & { everySteps?: number }
  /** Where metrics and checkpoints go; without it the run leaves nothing on disk. */
  run?: {
    folder: string
    format: ArrayFormat
    /** Default 200. */
    checkpointEverySteps?: number
    /** How many checkpoints to keep. Default 2. */
    keepCheckpoints?: number
  }
  callbacks?: TrainerCallbacks
}

export interface TrainerCallbacks {
  /** After every step and every evaluation. */
  onMetrics?(line: MetricsLine): void
  /** When an evaluation is the best so far, with the parameters that gave it. */
  onBest?(result: EvaluationResult, state: EngineState): void | Promise<void>
  onCheckpoint?(folder: string): void
  /** A checkpoint was damaged and an older one is used. */
  onWarning?(message: string): void
}

export interface RunLimits {
  /** Steps in all, those before a resume included. */
  steps?: number
  /** Minutes of training in all, evaluations included. */
  minutes?: number
  signal?: AbortSignal
}

export interface RunResult {
  /** Why the run ended. */
  status: 'finished' | 'aborted'
  step: number
  tokens: number
  seconds: number
  /** The last evaluation and the best, by bits per byte. */
  evaluation: EvaluationResult | undefined
  bestBitsPerByte: number | null
}

/** A training run: see {@link createTrainer}. */
export interface Trainer {
  readonly engine: Engine
  readonly passedOver: EngineChoice['passedOver']
  /** Trains until a limit is reached, the data ends, or `signal` aborts; each way it leaves a checkpoint. */
  run(limits: RunLimits): Promise<RunResult>
  /** A copy of the present parameters and optimiser state. */
  save(): Promise<EngineState>
  dispose(): Promise<void>
}

/**
 * Sets up a run: the engine, the initial state or the newest whole checkpoint (`resume`), the metrics file.
 *
 * @throws what the engine throws when it is not there, and CheckpointError when there is nothing to resume.
 */
export async function createTrainer(options: TrainerOptions & { resume?: boolean }): Promise<Trainer> {
  const { model, optimizer, callbacks = {}, run } = options
  const shapes = Object.fromEntries(Object.entries(model.parameters).map(([name, p]) => [name, p.shape]))
  const store = run
    ? new CheckpointStore({
        folder: join(run.folder, 'checkpoints'),
        format: run.format,
        shapes,
        ...(run.keepCheckpoints === undefined ? {} : { keep: run.keepCheckpoints }),
      })
    : undefined
  const checkpoint =
    options.resume && store
      ? await store.readNewest((folder, reason) =>
          callbacks.onWarning?.(`Checkpoint ${folder} is damaged (${reason}): using the one before it.`),
        )
      : undefined
  const initial = checkpoint?.state ?? (await initialState(model.parameters, optimizer))
  const { engine, passedOver } = await createEngine(options)
  try {
    await engine.load(initial)
    if (store) await mkdir(store.folder, { recursive: true })
    return new TrainingRun({ ...options, store, engine, passedOver, progress: checkpoint?.progress })
  } catch (error) {
    await engine.dispose()
    throw error
  }
}

/** Continues the run whose checkpoints are in `options.run.folder`: `createTrainer` with `resume`. */
export function resumeTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainer({ ...options, resume: true })
}

interface TrainingRunOptions extends Omit<TrainerOptions, 'engine'> {
  store: CheckpointStore | undefined
  engine: Engine
  passedOver: EngineChoice['passedOver']
  progress: CheckpointProgress | undefined
}

const start: CheckpointProgress = {
  step: 0,
  tokens: 0,
  bytes: 0,
  seconds: 0,
  data: undefined,
  metricsBytes: 0,
  bestBitsPerByte: null,
  evaluatedStep: 0,
}

class TrainingRun implements Trainer {
  readonly engine: Engine
  readonly passedOver: EngineChoice['passedOver']
  readonly #options: TrainingRunOptions
  readonly #progress: CheckpointProgress
  #lastEvaluation: EvaluationResult | undefined
  #checkpointStep: number
  #writing: Promise<void> = Promise.resolve()
  #writeFailure: unknown

  constructor(options: TrainingRunOptions) {
    this.engine = options.engine
    this.passedOver = options.passedOver
    this.#options = options
    this.#progress = { ...start, ...options.progress }
    this.#checkpointStep = this.#progress.step
  }

  async run({ steps, minutes, signal }: RunLimits): Promise<RunResult> {
    if (steps === undefined && minutes === undefined) {
      throw new RangeError('run: give a limit, steps or minutes')
    }
    const { data, evaluation, run, schedule, optimizer, callbacks = {} } = this.#options
    const progress = this.#progress
    const metrics = run && (await MetricsFile.open(join(run.folder, 'metrics.jsonl'), progress.metricsBytes))
    const evaluateEvery = evaluation?.everySteps ?? 100
    const checkpointEvery = run?.checkpointEverySteps ?? 200
    const cursor = data.iterate({ ...(progress.data === undefined ? {} : { from: progress.data }) })
    const clock = new Stopwatch(progress.seconds)
    const report = async (line: MetricsLine): Promise<void> => {
      await metrics?.append(line)
      callbacks.onMetrics?.(line)
    }
    const shareDone = (): number =>
      Math.max(
        steps === undefined ? 0 : progress.step / steps,
        minutes === undefined ? 0 : clock.seconds / (minutes * 60),
      )

    let status: RunResult['status'] = 'finished'
    try {
      let upcoming = take(cursor)
      while (shareDone() < 1) {
        if (signal?.aborted) {
          status = 'aborted'
          break
        }
        const taken = await upcoming
        if (!taken) {
          if (progress.step === 0)
            throw new NoDataError('The data gave no batch: it is shorter than one batch.')
          break
        }
        const { batch, state } = taken
        // The next batch is made while the engine works on this one.
        upcoming = take(cursor)
        upcoming.catch(() => {})

        const step = progress.step + 1
        const learningRate = schedule({ step, done: shareDone() })
        const begun = clock.seconds
        const { loss, gradientNorm } = await this.engine.step(batch, {
          learningRate,
          ...optimizer.scalars(step),
        })
        if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
          throw new DivergedError(
            `Training diverged at step ${step}: loss ${loss}, gradient norm ${gradientNorm}, learning rate ${learningRate.toPrecision(3)}. Resume from the last checkpoint with a lower learning rate.`,
            step,
          )
        }
        const tokens = batch.mask.reduce((sum, weight) => sum + weight, 0)
        progress.step = step
        progress.tokens += tokens
        progress.bytes += batch.bytes
        progress.data = state
        progress.seconds = clock.seconds
        await report({
          type: 'step',
          step,
          tokens: progress.tokens,
          seconds: progress.seconds,
          loss,
          bitsPerByte: (loss / Math.LN2) * (progress.tokens / progress.bytes),
          learningRate,
          gradientNorm,
          tokensPerSecond: tokens / (clock.seconds - begun),
        })
        if (evaluation && step % evaluateEvery === 0 && shareDone() < 1) {
          await this.#evaluate(evaluation, clock, report, signal)
        }
        if (run && step % checkpointEvery === 0) await this.#checkpoint(clock, metrics, { background: true })
      }
      if (evaluation && status === 'finished' && progress.evaluatedStep !== progress.step) {
        await this.#evaluate(evaluation, clock, report, undefined)
      }
      if (run && this.#checkpointStep !== progress.step) {
        await this.#checkpoint(clock, metrics, { background: false })
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error
      status = 'aborted'
      if (run) await this.#checkpoint(clock, metrics, { background: false })
    } finally {
      await this.#writing
      await cursor.return?.()
      await metrics?.close()
    }
    if (this.#writeFailure) throw this.#writeFailure
    return {
      status,
      step: progress.step,
      tokens: progress.tokens,
      seconds: progress.seconds,
      evaluation: this.#lastEvaluation,
      bestBitsPerByte: progress.bestBitsPerByte,
    }
  }

  save(): Promise<EngineState> {
    return this.engine.save()
  }

  async dispose(): Promise<void> {
    await this.#writing
    await this.engine.dispose()
  }

  async #evaluate(
    set: EvaluationSet,
    clock: Stopwatch,
    report: (line: MetricsLine) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const progress = this.#progress
    const result = await evaluateOn(this.engine, set, signal)
    this.#lastEvaluation = result
    progress.evaluatedStep = progress.step
    progress.seconds = clock.seconds
    await report({ type: 'evaluation', step: progress.step, seconds: progress.seconds, ...result })
    if (progress.bestBitsPerByte === null || result.bitsPerByte < progress.bestBitsPerByte) {
      progress.bestBitsPerByte = result.bitsPerByte
      await this.#options.callbacks?.onBest?.(result, await this.engine.save())
    }
  }

  /** Copies the state between two steps; the writing itself goes on beside the training. */
  async #checkpoint(
    clock: Stopwatch,
    metrics: MetricsFile | undefined,
    { background }: { background: boolean },
  ): Promise<void> {
    const { store, callbacks = {} } = this.#options
    if (!store) return
    await this.#writing
    if (this.#writeFailure) throw this.#writeFailure
    const state = await this.engine.save()
    this.#progress.seconds = clock.seconds
    const progress = { ...this.#progress, metricsBytes: metrics?.bytes ?? 0 }
    this.#checkpointStep = progress.step
    this.#writing = store.write(state, progress).then(
      folder => callbacks.onCheckpoint?.(folder),
      error => {
        this.#writeFailure = error
      },
    )
    if (!background) await this.#writing
  }
}

/** Takes a batch together with the cursor's state right after it, before a later batch moves it on. */
async function take(cursor: BatchCursor): Promise<{ batch: TokenBatch; state: unknown } | undefined> {
  const { done, value } = await cursor.next()
  return done ? undefined : { batch: value, state: cursor.state() }
}

/** Seconds of training, going on from an earlier sitting; unmoved by changes of the wall clock. */
class Stopwatch {
  readonly #before: number
  readonly #started: number = performance.now()

  constructor(secondsBefore: number) {
    this.#before = secondsBefore
  }

  get seconds(): number {
    return this.#before + (performance.now() - this.#started) / 1000
  }
}

function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (error === signal.reason || (error as Error)?.name === 'AbortError')
}
