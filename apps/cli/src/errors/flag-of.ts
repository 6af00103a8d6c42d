import { shorterNames } from '../train/shorter-names.ts'

/** Options of the libraries that no flag is named after. */
const others: Readonly<Record<string, string>> = {
  ...shorterNames,
  peak: 'learningRate',
  decay: 'averageWeights',
  'earlyStopping.patience': 'patience',
  'samples.everySteps': 'sampleEvery',
  'evaluation.everySteps': 'evalEvery',
  checkpointEverySteps: 'checkpointEvery',
  maxConcurrency: 'concurrency',
  baseURL: 'server',
  apiKey: 'keyFile',
  'csv.delimiter': 'delimiter',
  'csv.quote': 'quote',
}

/** The flag for an option of the libraries: `vocabSize` -> `--vocab-size`. */
export function flagOf(option: string): string {
  const name = others[option] ?? option
  return `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** Several flags: `--data, --valid`. */
export function flagsOf(options: readonly string[]): string {
  return options.map(flagOf).join(', ')
}
