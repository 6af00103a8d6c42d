import { batch, type Signal, signal } from '@preact/signals'
import { CompilerError } from '@tinystories/compiler'
import type { MetricsLine } from '@tinystories/trainer'
import { WorkerClient } from '@tinystories/utils/workers'
import { describeError } from '../../errors/describe-error.ts'
import { engineChoice } from '../../state/engine.ts'
import { refreshShelf } from '../../state/models.ts'
import { newId } from '../../state/new-id.ts'
import type { KeptRun } from '../../training/run-store.ts'
import type { TrainingSettings } from '../../training/settings.ts'
import type { NewRun } from '../../training/start-run.ts'
import type { EngineInfo } from '../../workers/engine.ts'
import type { TrainArgs, TrainEvent, TrainWorkerMethods } from '../../workers/train-worker.ts'
import trainWorker from '../../workers/train-worker.ts?thread'

/** A point of the curve. */
export interface CurvePoint {
  step: number
  bitsPerByte: number
}

export interface Sample {
  step: number
  text: string
}

/** The run that the panel shows, and the worker that trains it. */
export class Training {
  readonly state: Signal<'idle' | 'training' | 'pausing' | 'paused' | 'finished'> = signal('idle')
  readonly phase: Signal<string | undefined> = signal(undefined)
  readonly settings: Signal<TrainingSettings | undefined> = signal(undefined)
  readonly engine: Signal<EngineInfo | undefined> = signal(undefined)
  readonly parameters: Signal<number> = signal(0)
  readonly curve: Signal<readonly CurvePoint[]> = signal([])
  readonly heldOut: Signal<readonly CurvePoint[]> = signal([])
  /** The best evaluation. */
  readonly best: Signal<CurvePoint | undefined> = signal(undefined)
  readonly samples: Signal<readonly Sample[]> = signal([])
  readonly step: Signal<number> = signal(0)
  readonly seconds: Signal<number> = signal(0)
  readonly tokensPerSecond: Signal<number> = signal(0)
  readonly savedStep: Signal<number | undefined> = signal(undefined)
  readonly problem: Signal<string | undefined> = signal(undefined)
  readonly warning: Signal<string | undefined> = signal(undefined)
  /** The runs in the browser's storage, the newest first. */
  readonly kept: Signal<readonly KeptRun[]> = signal([])
  /** The id of the run that is shown. */
  readonly id: Signal<string | undefined> = signal(undefined)
  #client: WorkerClient<TrainWorkerMethods> | undefined
  #pending: CurvePoint[] = []
  #frame = 0
  #rate = 0
  #isGpuLost = false

  get #worker(): WorkerClient<TrainWorkerMethods> {
    this.#client ??= new WorkerClient<TrainWorkerMethods>(
      new Worker(trainWorker, {
        type: 'module',
        name: 'train',
      }),
      'train',
    )
    return this.#client
  }

  /** Looks for runs in the storage. */
  async refresh(): Promise<void> {
    void refreshShelf()
    try {
      this.kept.value = await this.#worker.call('list', undefined)
    } catch (error) {
      if (this.state.value === 'idle')
        this.warning.value = `${describeError(error)} Training works, but a run ends with this page.`
    }
  }

  /** Whether the run that is shown is in the browser's storage. */
  isKept(): boolean {
    return this.savedStep.value !== undefined || this.kept.value.some(run => run.id === this.id.value)
  }

  start(run: NewRun): Promise<void> {
    this.#reset(newId(), run.settings)
    return this.#run(run)
  }

  /** Resumes the run that is paused here, or a kept one. */
  async resume(run?: KeptRun): Promise<void> {
    if (run && run.id !== this.id.value) {
      this.#reset(run.id, run.settings)
      await this.#replay()
    }
    return this.#run(undefined)
  }

  pause(): void {
    if (this.state.value !== 'training') return
    this.state.value = 'pausing'
    void this.#worker.call('pause', undefined)
  }

  /** Deletes a kept run. */
  async delete({ id }: KeptRun): Promise<void> {
    try {
      await this.#worker.call('delete', { id })
      if (id === this.id.value) {
        this.state.value = 'idle'
        this.#reset(undefined, undefined)
      }
    } catch (error) {
      this.problem.value = describeError(error)
    }
    await this.refresh()
  }

  async download(): Promise<void> {
    try {
      const zip = await this.#worker.call('download', undefined)
      const link = document.createElement('a')
      link.href = URL.createObjectURL(zip)
      link.download = `my-model-step-${this.step.value}.zip`
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    } catch (error) {
      this.problem.value = describeError(error)
    }
  }

  #reset(id: string | undefined, settings: TrainingSettings | undefined): void {
    batch(() => {
      this.id.value = id
      this.settings.value = settings
      this.curve.value = []
      this.heldOut.value = []
      this.best.value = undefined
      this.samples.value = []
      this.step.value = 0
      this.seconds.value = 0
      this.tokensPerSecond.value = 0
      this.savedStep.value = undefined
      this.warning.value = undefined
      this.engine.value = undefined
    })
    this.#pending = []
    this.#rate = 0
  }

  async #run(start: TrainArgs['start']): Promise<void> {
    const id = this.id.value
    if (id === undefined) return
    this.problem.value = undefined
    this.phase.value = 'Starting...'
    this.state.value = 'training'
    try {
      const engine = this.#isGpuLost && engineChoice.value === 'webgpu' ? 'wasm' : engineChoice.value
      const { finished } = await this.#worker.call(
        'train',
        { id, engine, ...(start && { start }) },
        { onEvent: event => this.#take(event) },
      )
      this.state.value = finished ? 'finished' : 'paused'
    } catch (error) {
      if (CompilerError.isInstance(error) && error.code === 'device-lost') return this.#withoutWebGpu(start)
      // A pause before the first step leaves nothing to resume.
      if (!this.#isPausing()) this.problem.value = describeError(error)
      this.state.value = this.step.value > 0 ? 'paused' : 'idle'
    } finally {
      this.phase.value = undefined
    }
    await this.refresh()
  }

  #isPausing(): boolean {
    return this.state.value === 'pausing'
  }

  /** A worker cannot recover a lost device; a new worker resumes from the last checkpoint. */
  async #withoutWebGpu(start: TrainArgs['start']): Promise<void> {
    this.#isGpuLost = true
    await this.#client?.close()
    this.#client = undefined
    this.#reset(this.id.value, this.settings.value)
    await this.refresh()
    const kept = this.kept.value.find(({ id }) => id === this.id.value)
    if (kept) await this.#replay()
    const from = kept ? `resumes from step ${kept.step.toLocaleString('en')}` : 'starts over'
    this.warning.value = `This browser took WebGPU away from the page. Training ${from} with WebAssembly.`
    return this.#run(kept ? undefined : start)
  }

  /** Shows what the kept run had reached. */
  async #replay(): Promise<void> {
    const id = this.id.value
    if (id === undefined) return
    const lines = await this.#worker.call('lines', { id }).catch((): MetricsLine[] => [])
    for (const line of lines) this.#take({ type: 'line', line })
  }

  #take(event: TrainEvent): void {
    switch (event.type) {
      case 'phase':
        this.phase.value = event.text
        return
      case 'engine':
        this.engine.value = event.engine
        this.parameters.value = event.parameters
        return
      case 'warning':
        this.warning.value = event.text
        return
      case 'checkpoint':
        this.savedStep.value = event.step
        void refreshShelf()
        return
      case 'line':
        this.#takeLine(event.line)
    }
  }

  #takeLine(line: MetricsLine): void {
    const { step } = line
    if (line.type === 'sample') {
      this.samples.value = [{ step, text: line.text }, ...this.samples.value].slice(0, 12)
      return
    }
    const point = { step, bitsPerByte: line.bitsPerByte }
    if (line.type === 'evaluation') {
      this.heldOut.value = thinned([...this.heldOut.value, point], MAX_DOTS)
      if (!(point.bitsPerByte >= (this.best.value?.bitsPerByte ?? Number.POSITIVE_INFINITY)))
        this.best.value = point
      return
    }
    this.#pending.push(point)
    this.#rate = this.#rate === 0 ? line.tokensPerSecond : this.#rate * 0.9 + line.tokensPerSecond * 0.1
    // Small models make many steps between two frames.
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#show(line.seconds))
  }

  #show(seconds: number): void {
    this.#frame = 0
    const pending = this.#pending
    this.#pending = []
    batch(() => {
      this.phase.value = undefined
      this.curve.value = thinned([...this.curve.value, ...pending], MAX_POINTS)
      this.step.value = pending.at(-1)?.step ?? this.step.value
      this.seconds.value = seconds
      this.tokensPerSecond.value = this.#rate
    })
  }
}

const MAX_POINTS = 1200
const MAX_DOTS = 60

/** Every second point goes when there are too many to see. */
function thinned(points: CurvePoint[], max: number): CurvePoint[] {
  return points.length > max ? points.filter((_, i) => i % 2 === 1 || i === points.length - 1) : points
}
