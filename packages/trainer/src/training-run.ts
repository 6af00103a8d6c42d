import { join } from 'node:path'
import type { CheckpointProgress, CheckpointStore } from './checkpoints.ts'
import type { EngineChoice } from './engines/create-engine.ts'
import { DivergedError, NoDataError } from './errors.ts'
import { type EvaluationResult, type EvaluationSet, evaluateOn } from './evaluate.ts'
import { MetricsFile, type MetricsLine } from './metrics.ts'
import { Stopwatch } from './stopwatch.ts'
import type { RunLimits, RunResult, Trainer, TrainerOptions } from './trainer.ts'
import type { BatchCursor, Engine, EngineState, TokenBatch } from './types.ts'

export interface TrainingRunOptions extends Omit<TrainerOptions, 'engine'> {
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

/** The training loop: one step after another, with evaluations and checkpoints between. */
export class TrainingRun implements Trainer {
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

function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (error === signal.reason || (error as Error)?.name === 'AbortError')
}
