import { join } from 'node:path'

/** Where the files of a run are. */
export interface RunFolder {
  folder: string
  /** Settings of the run: {@link RunSettings}. */
  config: string
  tokenizer: string
  metrics: string
  /** The same for spreadsheets, written whenever the run stops. */
  metricsTable: string
  /** Event files of TensorBoard, when they are asked for. */
  tensorboard: string
  lossCurve: string
  story: string
  checkpoints: string
  /** The best model so far, as transformers lays one out, with its tokenizer. */
  model: string
  /** The adapter of the best model so far as PEFT lays one out, where the run trains one. */
  adapter: string
  /** Score of the best model on all held-out stories. */
  evaluation: string
}

/** The paths in a run's folder. */
export function runFolder(folder: string): RunFolder {
  const model = join(folder, 'model')
  return {
    folder,
    config: join(folder, 'config.json'),
    tokenizer: join(folder, 'tokenizer.json'),
    metrics: join(folder, 'metrics.jsonl'),
    metricsTable: join(folder, 'metrics.csv'),
    tensorboard: join(folder, 'tensorboard'),
    lossCurve: join(folder, 'loss.svg'),
    story: join(folder, 'story.txt'),
    checkpoints: join(folder, 'checkpoints'),
    model,
    adapter: join(folder, 'adapter'),
    evaluation: join(model, 'evaluation.json'),
  }
}
