import type {
  Checkpoint,
  CheckpointProgress,
  EngineState,
  MetricsLine,
  RunStorage,
} from '@tinystories/trainer'
import { get, putAll, StorageProblem } from './database.ts'
import type { TrainingSettings } from './settings.ts'

/** What a run is made of besides its checkpoints. */
export interface RunBeginning {
  settings: TrainingSettings
  /** The stories, as they are trained on. */
  stories: string[]
  tokenizer: unknown
}

interface Kept {
  state: EngineState
  progress: CheckpointProgress
  lines: MetricsLine[]
}

/** A line of the curve for each so many steps: a run of an hour has tens of thousands. */
const MOST_LINES = 4000

/** Checkpoints in the browser's database: one, which appears whole or not at all. Metrics go with it. */
export class BrowserStorage implements RunStorage {
  #lines: MetricsLine[] = []

  readonly checkpoints: RunStorage['checkpoints'] = {
    write: async (state: EngineState, progress: CheckpointProgress): Promise<string> => {
      const lines = this.#lines.slice(0, progress.metricsBytes)
      await putAll({ checkpoint: { state, progress, lines } satisfies Kept })
      return 'the storage of this browser'
    },
    readNewest: async (): Promise<Checkpoint> => {
      const kept = await get<Kept>('checkpoint')
      if (!kept) throw new StorageProblem('There is no checkpoint in this browser: start a new run.')
      this.#lines = kept.lines
      const { state, progress } = kept
      return {
        folder: 'the storage of this browser',
        state,
        progress,
        identity: {},
        config: null,
        versions: {},
      }
    },
    list: async (): Promise<string[]> => ((await get('checkpoint')) ? ['checkpoint'] : []),
  }

  /** Here a length is a number of lines. */
  async openMetrics(keep: number) {
    this.#lines = this.#lines.slice(0, keep)
    const lines = (): MetricsLine[] => this.#lines
    return {
      get bytes() {
        return lines().length
      },
      append: (line: MetricsLine): void => {
        if (this.#lines.length >= MOST_LINES) {
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

/** A run that can be gone on with. */
export interface SavedRun {
  settings: TrainingSettings
  progress: CheckpointProgress
  lines: MetricsLine[]
}

export async function savedRun(): Promise<SavedRun | undefined> {
  const [beginning, kept] = await Promise.all([get<RunBeginning>('beginning'), get<Kept>('checkpoint')])
  return beginning && kept
    ? { settings: beginning.settings, progress: kept.progress, lines: kept.lines }
    : undefined
}
