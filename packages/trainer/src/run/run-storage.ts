import type { MetricsLine } from '../logging/metrics-line.ts'
import type { EngineState } from '../types.ts'
import type { Checkpoint, CheckpointProgress } from './checkpoint.ts'

/** Where a run leaves its metrics and checkpoints; without one it leaves nothing. See `openRunFolder`. */
export interface RunStorage {
  checkpoints: {
    write(state: EngineState, progress: CheckpointProgress): Promise<string>
    readNewest(onDamaged?: (folder: string, reason: string) => void): Promise<Checkpoint>
    list(): Promise<string[]>
  }
  openMetrics(keepBytes: number): Promise<MetricsSink>
  /** Lets go of the place. */
  release(): Promise<void>
}

/** Where the lines of the metrics go. */
export interface MetricsSink {
  /** Length with all that was appended so far. */
  readonly bytes: number
  append(line: MetricsLine): void
  flush(): Promise<void>
  rewind(bytes: number): Promise<void>
  close(): Promise<void>
}
