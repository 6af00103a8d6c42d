import type {
  Checkpoint,
  CheckpointProgress,
  EngineState,
  MetricsLine,
  MetricsSink,
  RunStorage,
} from '@tinystories/trainer'
import { PageError } from '../errors/page-error.ts'
import { keepCheckpoint, loadCheckpoint } from './run-store.ts'
import type { TrainingSettings } from './settings.ts'

/** More lines of the metrics are thinned: a run of an hour has tens of thousands. */
const MAX_LINES = 4000
const PLACE = 'the storage of this browser'

/** The checkpoint of one run in the browser's database, with its metrics. */
export class BrowserStorage implements RunStorage {
  readonly #id: string
  readonly #settings: TrainingSettings
  #lines: MetricsLine[] = []
  #savedStep: number | undefined

  /** Of the newest checkpoint that was written here; training may be further by now. */
  get savedStep(): number | undefined {
    return this.#savedStep
  }

  constructor(id: string, settings: TrainingSettings) {
    this.#id = id
    this.#settings = settings
  }

  readonly checkpoints: RunStorage['checkpoints'] = {
    write: async (state: EngineState, progress: CheckpointProgress): Promise<string> => {
      const lines = this.#lines.slice(0, progress.metricsBytes)
      await keepCheckpoint(this.#id, this.#settings, { state, progress, lines })
      this.#savedStep = progress.step
      return PLACE
    },
    readNewest: async (): Promise<Checkpoint> => {
      const kept = await loadCheckpoint(this.#id)
      if (!kept) throw new PageError('no-run', { id: this.#id })
      this.#lines = kept.lines
      const { state, progress } = kept
      return { folder: PLACE, state, progress, identity: {}, config: null, versions: {} }
    },
    list: async (): Promise<string[]> => ((await loadCheckpoint(this.#id)) ? [PLACE] : []),
  }

  /** Lengths are numbers of lines here. */
  async openMetrics(keep: number): Promise<MetricsSink> {
    this.#lines = this.#lines.slice(0, keep)
    const lines = (): MetricsLine[] => this.#lines
    return {
      get bytes() {
        return lines().length
      },
      append: (line: MetricsLine): void => {
        if (this.#lines.length >= MAX_LINES) {
          // Every second step goes; evaluations and samples stay.
          this.#lines = this.#lines.filter(({ type }, i) => type !== 'step' || i % 2 === 0)
        }
        this.#lines.push(line)
      },
      flush: async (): Promise<void> => {},
      rewind: async (length: number): Promise<void> => {
        this.#lines = this.#lines.slice(0, length)
      },
      close: async (): Promise<void> => {},
    }
  }

  async release(): Promise<void> {}
}
