import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gptConfig } from '@tinystories/model'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import {
  defaultRecipe,
  formatSettings,
  type RunSettings,
  readEvaluation,
  readMetrics,
  readSettings,
  runFolder,
} from '@tinystories/pipeline'
import { openSweep, sweepStatus } from '@tinystories/sweep'
import { startOfRun } from '../../../../packages/trainer/src/run/checkpoint.ts'
import { CheckpointStore } from '../../../../packages/trainer/src/run/checkpoint-store.ts'
import { bytesOf, changeJson, type Reader } from '../reader.ts'

const settings: RunSettings = {
  ...{ version: 1, data: 'stories.txt', valid: null, ...formatSettings({}) },
  ...{ heldOut: 0.1, from: null, preset: 'sample', windowLength: null, tokensPerEpoch: null, patience: null },
  fit: null,
  ...defaultRecipe,
  model: gptConfig('sample', { hiddenSize: 4, layers: 1, heads: 2, contextLength: 8, vocabSize: 12 }),
  limits: { steps: 9, tokens: null, epochs: null, minutes: null },
  ...{ onSpike: 'warn', sampleEvery: null, engine: 'auto', provider: null, threads: null, workers: null },
  ...{ evaluateEvery: 5, checkpointEvery: 5, keepCheckpoints: 2, prompt: 'Once' },
  ...{ instruct: null, promptLossWeight: 0, dropLong: false },
  ...{ fromAdapter: null, keptSteps: null, adapter: null, freeze: [] },
}

const metrics = [
  {
    ...{ type: 'step', step: 1, tokens: 9, seconds: 1, loss: 2, bitsPerByte: 1 },
    ...{ learningRate: 0.1, gradientNorm: 1, tokensPerSecond: 9 },
  },
  {
    ...{ type: 'evaluation', step: 1, seconds: 1, tokens: 9, bytes: 30 },
    ...{ nats: 2, bitsPerByte: 1, perplexity: 7, accuracy: 0.5 },
  },
  { type: 'sample', step: 1, seconds: 1, text: 'Once' },
]

/** Reads a file of that name. */
const fileReader = (
  name: string,
  seed: () => unknown,
  read: (folder: string) => Promise<unknown>,
): Reader => ({
  seeds: () => [bytesOf(seed())],
  async read(input, folder) {
    writeFileSync(join(folder, name), input)
    return read(folder)
  },
})

const storeOf = (folder: string): CheckpointStore =>
  new CheckpointStore({
    folder,
    format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
    shapes: { w: [2, 3] },
  })
const checkpoint = (folder: string): string => join(folder, 'step-00000003')

const sweep = {
  version: 1,
  fingerprint: 'a',
  spec: { name: 'small', tokens: 4096, grids: [{ hidden: [8, 16], layers: [1, 2], seed: [1] }] },
}

/** Readers of the files of runs and sweeps. */
export const runReaders: Record<string, Reader> = {
  metrics: fileReader(
    'metrics.jsonl',
    () => metrics.map(line => `${JSON.stringify(line)}\n`).join(''),
    folder => readMetrics(join(folder, 'metrics.jsonl')),
  ),
  evaluation: fileReader(
    'evaluation.json',
    () => ({ nats: 2, bitsPerByte: 1, perplexity: 7, accuracy: 0.5, tokens: 9, bytes: 30 }),
    folder => readEvaluation(join(folder, 'evaluation.json')),
  ),
  'run-config': fileReader(
    'config.json',
    () => settings,
    folder => readSettings(runFolder(folder)),
  ),
  checkpoint: {
    async seeds(folder) {
      await mkdir(folder, { recursive: true })
      const arrays = { w: Float32Array.of(1, 2, 3, 4, 5, 6) }
      await storeOf(folder).write(
        { parameters: arrays, optimizer: { first: arrays } },
        { ...startOfRun, step: 3, tokens: 9, data: { position: 3 }, recentLosses: [2, 1] },
      )
      return [await readFile(join(checkpoint(folder), 'checkpoint.json'))]
    },
    reseal: input =>
      changeJson(input, ({ checksum: _, ...content }) => ({
        ...content,
        checksum: createHash('sha256').update(JSON.stringify(content)).digest('hex'),
      })),
    async read(input, folder) {
      writeFileSync(join(checkpoint(folder), 'checkpoint.json'), input)
      return storeOf(folder).read('step-00000003')
    },
  },
  sweep: fileReader(
    'sweep.json',
    () => sweep,
    async folder => sweepStatus(await openSweep(folder)),
  ),
}
