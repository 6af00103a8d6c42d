import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import type { EvaluationSet } from '../engines/evaluate-on.ts'
import type { MetricsLine } from '../logging/metrics-line.ts'
import { adamW } from '../optimizers/adam-w.ts'
import { warmupCosine } from '../optimizers/schedules.ts'
import type { ArrayFormat } from '../run/checkpoint-store.ts'
import type { TrainerOptions } from '../run/create-trainer.ts'
import type { EngineName } from '../types.ts'
import { toyBatch, toyModel, toyStream } from './toy-model.ts'

export const format: ArrayFormat = {
  extension: 'safetensors',
  encode: encodeSafetensors,
  open: openSafetensors,
}
export const evaluationSet: EvaluationSet = { batches: [toyBatch(1000), toyBatch(1001)], bytes: 96 }

/** A run of the toy model, with an evaluation every ten steps. */
export function options(engine: EngineName, more: Partial<TrainerOptions> = {}): TrainerOptions {
  return {
    model: toyModel(),
    data: toyStream(),
    optimizer: adamW({ weightDecay: 0.01 }),
    schedule: warmupCosine({ peak: 0.05, warmupSteps: 5 }),
    engine,
    evaluation: { ...evaluationSet, everySteps: 10 },
    ...more,
  }
}

export async function metricsOf(run: string): Promise<MetricsLine[]> {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as MetricsLine)
}
