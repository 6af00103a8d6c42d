import { messageOf } from '@tinystories/utils/errors'
import type { EngineChoice } from '../engines/create-engine.ts'
import { type EvaluationResult, evaluateOn } from '../engines/evaluate-on.ts'
import { countTokens } from '../engines/micro-batches.ts'
import { type Divergence, describeDivergence, TrainerError } from '../errors.ts'
import type { MetricsLine } from '../logging/metrics-line.ts'
import { averagedParameters } from '../optimizers/average-weights.ts'
import type { ArrayRecord, EngineState, StepResult, TokenBatch } from '../types.ts'
import { type BatchPrefetcher, createBatchPrefetcher, type StepBatches } from './batch-prefetcher.ts'
import { type CheckpointProgress, startOfRun } from './checkpoint.ts'
import { type RunLimits, type ShareDone, shareDoneOf } from './limits.ts'
import { judgeStep, type SpikeOptions } from './loss-spikes.ts'
import type { MetricsSink } from './run-storage.ts'
import { Stopwatch } from './stopwatch.ts'
import type { RunResult, StartOptions, Trainer } from './trainer-types.ts'

export interface TrainingRunOptions extends Omit<StartOptions, 'engine' | 'spikes'>, EngineChoice {
  progress: CheckpointProgress | undefined
  /** What is evaluated. */
  weights: 'parameters' | 'average'
  spikes: Required<SpikeOptions>
}

/** The training loop: one step after another, with evaluations, samples and checkpoints in between. */
export class TrainingRun implements Trainer {
  readonly engine: EngineChoice['engine']
  readonly optimizer: StartOptions['optimizer']
  readonly skippedEngines: EngineChoice['skippedEngines']
  readonly selectionReason: string
  readonly #options: TrainingRunOptions
  #progress: CheckpointProgress
  #lastEvaluation: EvaluationResult | undefined
  #checkpointStep: number
  #checkpointSeconds: number
  #writing: Promise<void> = Promise.resolve()
  #writeFailure: unknown
  #rollbacks = 0
  // Of the current call of `run`.
  #metrics: MetricsSink | undefined
  #clock = new Stopwatch(0)

  constructor(options: TrainingRunOptions) {
    this.engine = options.engine
    this.optimizer = options.optimizer
    this.skippedEngines = options.skippedEngines
    this.selectionReason = options.selectionReason
    this.#options = options
    this.#progress = { ...startOfRun, ...options.progress }
    this.#checkpointStep = this.#progress.step
    this.#checkpointSeconds = this.#progress.seconds
  }

  get step(): number {
    return this.#progress.step
  }

  async run(limits: RunLimits): Promise<RunResult> {
    const { storage, tokensPerEpoch, evaluation } = this.#options
    const { signal } = limits
    const doneAt = (seconds: number): ReturnType<ShareDone> =>
      shareDoneOf(limits, this.#progress, tokensPerEpoch)(seconds)
    doneAt(0)
    this.#metrics = await storage?.openMetrics(this.#progress.metricsBytes)
    this.#clock = new Stopwatch(this.#progress.seconds)
    let data = this.#startData()
    let reason: RunResult['reason']
    let failed = true
    try {
      if (this.#options.spikes.action === 'rollback' && (await storage?.checkpoints.list())?.length === 0) {
        await this.#checkpoint({ background: false })
      }
      for (;;) {
        const done = doneAt(this.#clock.seconds)
        if (done.share >= 1) {
          reason = done.limit
          break
        }
        if (this.#isPatienceOver()) {
          reason = 'early-stopping'
          break
        }
        if (signal?.aborted) {
          reason = 'signal'
          break
        }
        const taken = await data.next()
        if (!taken) {
          if (this.#progress.batches === 0)
            throw new TrainerError('no-data', { batchesPerStep: this.#options.accumulate ?? 1 })
          reason = 'data'
          break
        }
        if (this.#progress.skipped.includes(this.#progress.batches + 1)) {
          this.#progress.batches++
          this.#progress.data = taken.state
          continue
        }
        const isSound = await this.#step(taken, done.share)
        if (!isSound) {
          await data.close()
          await this.#rollBack()
          data = this.#startData()
          continue
        }
        const ends = doneAt(this.#clock.seconds).share >= 1
        await this.#afterStep(ends, signal)
      }
      if (evaluation && reason !== 'signal' && this.#progress.evaluatedStep !== this.#progress.step) {
        await this.#evaluate(undefined)
      }
      await this.#lastCheckpoint()
      failed = false
    } catch (error) {
      if (!isAbort(error, signal)) throw error
      reason = 'signal'
      await this.#lastCheckpoint()
      failed = false
    } finally {
      await this.#writing
      await data.close()
      const closing = this.#metrics?.close()
      // The first failure is the one to report.
      await (failed ? closing?.catch(() => {}) : closing)
    }
    const { step, tokens, seconds, bestBitsPerByte } = this.#progress
    return {
      status: reason === 'signal' ? 'aborted' : 'finished',
      reason,
      step,
      tokens,
      seconds,
      evaluation: this.#lastEvaluation,
      bestBitsPerByte,
    }
  }

  save(): Promise<EngineState> {
    return this.engine.save()
  }

  async dispose(): Promise<void> {
    await this.#writing
    await this.engine.dispose()
    await this.#options.storage?.release()
  }

  #startData(): BatchPrefetcher {
    const { data, accumulate = 1 } = this.#options
    return createBatchPrefetcher(data, this.#progress.data, accumulate)
  }

  /** @returns whether it was sound; if not, the run returns to the last checkpoint and skips the batch */
  async #step({ batches, state }: StepBatches, done: number): Promise<boolean> {
    const { schedule, optimizer, spikes, callbacks } = this.#options
    const progress = this.#progress
    const step = progress.step + 1
    const learningRate = schedule({ step, done })
    const started = this.#clock.seconds
    const result = await this.engine.step(this.#seeded(batches), { learningRate, ...optimizer.scalars(step) })
    const { loss, gradientNorm } = result
    const verdict = judgeStep(result, progress.recentLosses, spikes)
    if (verdict.kind !== 'sound') {
      const divergence = this.#divergence(result, verdict.sign, learningRate)
      if (spikes.action === 'rollback') {
        if (this.#rollbacks === spikes.maxRollbacks)
          throw new TrainerError('diverged', { ...divergence, rollbacks: this.#rollbacks })
        this.#rollbacks++
        callbacks?.onWarning?.(
          `${describeDivergence(divergence)} Returning to the last checkpoint and skipping that batch.`,
        )
        progress.skipped = [...progress.skipped, progress.batches + 1]
        return false
      }
      if (verdict.kind === 'not-a-number') throw new TrainerError('diverged', { ...divergence, rollbacks: 0 })
      callbacks?.onWarning?.(describeDivergence(divergence))
    }
    const tokens = batches.reduce((sum, batch) => sum + countTokens(batch), 0)
    const seconds = this.#clock.seconds
    progress.step = step
    progress.batches++
    progress.tokens += tokens
    progress.bytes += batches.reduce((sum, batch) => sum + batch.bytes, 0)
    progress.data = state
    progress.seconds = seconds
    progress.recentLosses = [...progress.recentLosses, loss].slice(-spikes.window)
    this.#report({
      type: 'step',
      step,
      tokens: progress.tokens,
      seconds,
      loss,
      bitsPerByte: (loss / Math.LN2) * (progress.tokens / progress.bytes),
      learningRate,
      gradientNorm,
      tokensPerSecond: tokens / (seconds - started),
    })
    return true
  }

  /** With a seed for each batch that follows from its place in the run, so that a resumed run draws the same. */
  #seeded(batches: readonly TokenBatch[]): readonly TokenBatch[] {
    if (!this.#options.model.isRandom) return batches
    const first = this.#progress.batches * batches.length
    return batches.map((batch, at) => ({ ...batch, seed: (first + at) % 2 ** 24 }))
  }

  /** Evaluation, sample and checkpoint, where they are due. */
  async #afterStep(ends: boolean, signal: AbortSignal | undefined): Promise<void> {
    const { evaluation, samples, storage, keepBest = true } = this.#options
    const { step } = this.#progress
    let best = false
    if (evaluation && !ends && step % (evaluation.everySteps ?? 100) === 0) {
      best = await this.#evaluate(signal)
    }
    if (samples && step % samples.everySteps === 0) await this.#sample(samples)
    // The last step's is written when its evaluation is done.
    if (storage && !ends && (this.#isCheckpointDue() || (best && keepBest))) {
      await this.#checkpoint({ background: true })
    }
  }

  #isCheckpointDue(): boolean {
    const { checkpointEverySeconds, checkpointEverySteps } = this.#options
    if (checkpointEverySeconds === undefined) return this.#progress.step % (checkpointEverySteps ?? 200) === 0
    // The first step's too: storage that does not work is known at once.
    if (this.#progress.step === 1) return true
    if (this.#clock.seconds - this.#checkpointSeconds >= checkpointEverySeconds) return true
    return checkpointEverySteps !== undefined && this.#progress.step % checkpointEverySteps === 0
  }

  /** @returns whether it was the best so far. */
  async #evaluate(signal: AbortSignal | undefined): Promise<boolean> {
    const { evaluation, weights, earlyStopping, callbacks } = this.#options
    const progress = this.#progress
    const result = await evaluateOn(this.engine, evaluation!, signal, weights)
    this.#lastEvaluation = result
    progress.evaluatedStep = progress.step
    progress.seconds = this.#clock.seconds
    this.#report({ type: 'evaluation', step: progress.step, seconds: progress.seconds, ...result })
    const before = progress.bestBitsPerByte ?? Number.POSITIVE_INFINITY
    const enough = before - result.bitsPerByte > (earlyStopping?.minGain ?? 0)
    progress.evaluationsWithoutGain = enough ? 0 : progress.evaluationsWithoutGain + 1
    if (!(result.bitsPerByte < before)) return false
    progress.bestBitsPerByte = result.bitsPerByte
    progress.bestStep = progress.step
    if (callbacks?.onBest) {
      const state = await this.engine.save()
      await callbacks.onBest(result, { ...state, parameters: this.#evaluated(state) })
    }
    return true
  }

  async #sample({ write }: NonNullable<StartOptions['samples']>): Promise<void> {
    const { step } = this.#progress
    try {
      const text = await write(this.#evaluated(await this.engine.save()), step)
      this.#report({ type: 'sample', step, seconds: this.#clock.seconds, text })
    } catch (error) {
      // A missing sample is no reason to lose a run.
      this.#options.callbacks?.onWarning?.(`No sample at step ${step}: ${messageOf(error)}`)
    }
  }

  #evaluated({ parameters, optimizer }: EngineState): ArrayRecord {
    return averagedParameters(parameters, optimizer) ?? parameters
  }

  #isPatienceOver(): boolean {
    const patience = this.#options.earlyStopping?.patience ?? Number.POSITIVE_INFINITY
    return this.#progress.evaluationsWithoutGain >= patience
  }

  #report(line: MetricsLine): void {
    this.#metrics?.append(line)
    this.#options.callbacks?.onMetrics?.(line)
  }

  /** Back to the newest checkpoint; the batches to skip stay known. */
  async #rollBack(): Promise<void> {
    const { storage } = this.#options
    await this.#writing
    const { progress, state } = await storage!.checkpoints.readNewest()
    await this.engine.load(state, { transfer: true })
    await this.#metrics?.rewind(progress.metricsBytes)
    this.#progress = { ...progress, skipped: this.#progress.skipped }
    this.#checkpointStep = progress.step
  }

  #divergence(result: StepResult, sign: string, learningRate: number): Divergence {
    const { step, batches } = this.#progress
    return { step: step + 1, batch: batches + 1, learningRate, sign, ...result }
  }

  /** A checkpoint of the last step, if there is none yet or an earlier one could not be written. */
  async #lastCheckpoint(): Promise<void> {
    if (!this.#options.storage) return
    await this.#writing
    if (this.#checkpointStep !== this.#progress.step || this.#writeFailure) {
      await this.#checkpoint({ background: false })
    }
    if (this.#writeFailure) throw this.#writeFailure
  }

  /** Copies the state between two steps; it is written while training continues. */
  async #checkpoint({ background }: { background: boolean }): Promise<void> {
    const { storage, callbacks = {} } = this.#options
    if (!storage) return
    await this.#writing
    const state = await this.engine.save()
    this.#progress.seconds = this.#clock.seconds
    const progress = { ...this.#progress, metricsBytes: this.#metrics?.bytes ?? 0 }
    this.#checkpointStep = progress.step
    this.#checkpointSeconds = progress.seconds
    const write = async (): Promise<void> => {
      try {
        // A checkpoint must not count metrics that are not on disk.
        await this.#metrics?.flush()
        const folder = await storage.checkpoints.write(state, progress)
        this.#writeFailure = undefined
        this.#rollbacks = 0
        callbacks.onCheckpoint?.(folder)
      } catch (error) {
        // The disk may have room again by the next checkpoint. Only the last one must be written.
        this.#writeFailure = error
        if (background) callbacks.onWarning?.(`${messageOf(error)} Training continues.`)
      }
    }
    this.#writing = write()
    if (!background) await this.#writing
  }
}

function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (error === signal.reason || (error as Error)?.name === 'AbortError')
}
