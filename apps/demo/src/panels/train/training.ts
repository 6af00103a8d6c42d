import { batch, type Signal, signal } from '@preact/signals'
import { engineChoice } from '../../state/engine.ts'
import type { SavedRun } from '../../training/browser-storage.ts'
import type { TrainingSettings } from '../../training/settings.ts'
import type { EngineInfo } from '../../workers/engine.ts'
import { WorkerClient } from '../../workers/rpc.ts'
import type { TrainEvent, TrainWorkerMethods } from '../../workers/train-worker.ts'

/** A point of the curve. */
export interface CurvePoint {
  step: number
  bitsPerByte: number
}

export interface Sample {
  step: number
  text: string
}

/** A run that was paused, or a page ago. */
export interface Resumable {
  settings: TrainingSettings
  step: number
  seconds: number
}

/** The run that the panel shows, and the worker that does it. */
export class Training {
  readonly state: Signal<'idle' | 'training' | 'pausing' | 'paused' | 'finished'> = signal('idle')
  readonly phase: Signal<string | undefined> = signal(undefined)
  readonly settings: Signal<TrainingSettings | undefined> = signal(undefined)
  readonly engine: Signal<EngineInfo | undefined> = signal(undefined)
  readonly parameters: Signal<number> = signal(0)
  readonly curve: Signal<readonly CurvePoint[]> = signal([])
  readonly heldOut: Signal<readonly CurvePoint[]> = signal([])
  readonly samples: Signal<readonly Sample[]> = signal([])
  readonly step: Signal<number> = signal(0)
  readonly seconds: Signal<number> = signal(0)
  readonly tokensPerSecond: Signal<number> = signal(0)
  readonly savedStep: Signal<number | undefined> = signal(undefined)
  readonly problem: Signal<string | undefined> = signal(undefined)
  readonly warning: Signal<string | undefined> = signal(undefined)
  /** A run of an earlier visit. */
  readonly resumable: Signal<Resumable | undefined> = signal(undefined)
  #client: WorkerClient<TrainWorkerMethods> | undefined
  #running: AbortController | undefined
  #saved: SavedRun | undefined
  #pending: CurvePoint[] = []
  #frame = 0
  #rate = 0
  #isGpuLost = false

  get #worker(): WorkerClient<TrainWorkerMethods> {
    this.#client ??= new WorkerClient<TrainWorkerMethods>(
      new Worker(new URL('../../workers/train-worker.ts', import.meta.url), {
        type: 'module',
        name: 'train',
      }),
    )
    return this.#client
  }

  /** Looks for a run of an earlier visit. */
  async look(): Promise<void> {
    try {
      this.#saved = await this.#worker.call('saved', undefined)
    } catch (error) {
      this.warning.value = `${(error as Error).message} Training works, but a run ends with this page.`
      return
    }
    if (!this.#saved || this.state.value !== 'idle') return
    const { settings, progress } = this.#saved
    this.resumable.value = { settings, step: progress.step, seconds: progress.seconds }
  }

  start(settings: TrainingSettings, corpus: File | undefined): Promise<void> {
    this.#reset(settings)
    return this.#run(corpus, false)
  }

  /** Resumes the run that was paused here, or one of an earlier visit. */
  resume(): Promise<void> {
    if (this.state.value === 'idle' && this.#saved) {
      this.#reset(this.#saved.settings)
      this.#replay()
    }
    return this.#run(undefined, true)
  }

  pause(): void {
    if (this.state.value !== 'training') return
    this.state.value = 'pausing'
    this.#running?.abort()
  }

  /** Forgets the run of an earlier visit. */
  async discard(): Promise<void> {
    this.resumable.value = undefined
    this.#saved = undefined
    await this.#worker.call('discard', undefined).catch(() => {})
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
      this.problem.value = (error as Error).message
    }
  }

  #reset(settings: TrainingSettings): void {
    batch(() => {
      this.settings.value = settings
      this.curve.value = []
      this.heldOut.value = []
      this.samples.value = []
      this.step.value = 0
      this.seconds.value = 0
      this.tokensPerSecond.value = 0
      this.savedStep.value = undefined
      this.warning.value = undefined
      this.engine.value = undefined
      this.resumable.value = undefined
    })
    this.#rate = 0
  }

  async #run(corpus: File | undefined, resume: boolean): Promise<void> {
    this.#running = new AbortController()
    this.problem.value = undefined
    this.phase.value = 'Starting...'
    this.state.value = 'training'
    try {
      const { finished } = await this.#worker.call(
        'train',
        {
          settings: this.settings.value!,
          engine: this.#isGpuLost && engineChoice.value === 'webgpu' ? 'wasm' : engineChoice.value,
          resume,
          ...(corpus && { corpus }),
        },
        { signal: this.#running.signal, onEvent: event => this.#take(event) },
      )
      this.state.value = finished ? 'finished' : 'paused'
    } catch (error) {
      const { message, name } = error as Error
      const aborted = name === 'AbortError'
      if (message.includes('WebGPU device was lost')) return this.#withoutWebGpu(corpus)
      if (!aborted) this.problem.value = message
      this.state.value = this.step.value > 0 ? 'paused' : 'idle'
    } finally {
      this.phase.value = undefined
    }
  }

  /** A worker cannot recover a lost device; a new worker resumes from the last checkpoint. */
  async #withoutWebGpu(corpus: File | undefined): Promise<void> {
    this.#isGpuLost = true
    this.#client?.terminate()
    this.#client = undefined
    this.#saved = await this.#worker.call('saved', undefined).catch(() => undefined)
    this.#reset(this.settings.value!)
    this.#replay()
    const from = this.#saved
      ? `resumes from step ${this.#saved.progress.step.toLocaleString('en')}`
      : 'starts over'
    this.warning.value = `This browser took WebGPU away from the page. Training ${from} with WebAssembly.`
    return this.#run(corpus, this.#saved !== undefined)
  }

  /** Shows what the saved run had reached. */
  #replay(): void {
    for (const line of this.#saved?.lines ?? []) this.#take({ type: 'line', line })
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
        return
      case 'line':
        break
    }
    const { line } = event
    if (line.type === 'sample') {
      this.samples.value = [{ step: line.step, text: line.text }, ...this.samples.value].slice(0, 12)
    } else if (line.type === 'evaluation') {
      this.heldOut.value = thinned(
        [...this.heldOut.value, { step: line.step, bitsPerByte: line.bitsPerByte }],
        MAX_DOTS,
      )
    } else {
      this.#pending.push({ step: line.step, bitsPerByte: line.bitsPerByte })
      this.#rate = this.#rate === 0 ? line.tokensPerSecond : this.#rate * 0.9 + line.tokensPerSecond * 0.1
      // Small models make many steps between two frames.
      if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#show(line.seconds))
    }
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
