import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStories } from '@tinystories/dataset'
import { type GptConfig, gptConfig, initParameterArrays, parameterShapes } from '@tinystories/model'
import { trainTokenizer } from '@tinystories/tokenizer'
import {
  adamW,
  type CreateEngineOptions,
  createEngine,
  initialState,
  type TokenBatch,
} from '@tinystories/trainer'
import { trainableGpt } from './gpt-functions.ts'
import type { BenchmarkRow } from './harness.ts'
import { startPythonPeer } from './python-peer.ts'

const batchSize = 4
const learningRate = 1e-3
const bound = 1e-3

/**
 * How far the losses of the engines lie apart over 100 steps, and from PyTorch's over 200, all from one start. A table of
 * the losses themselves goes to stderr.
 */
export async function lossParity(): Promise<BenchmarkRow[]> {
  const { config, batches } = await smallRun(200)
  const compiled = await losses(config, batches, { engine: 'compiled' })
  const table: Record<string, readonly number[]> = { compiled }
  const rows: BenchmarkRow[] = []
  for (const [label, options] of [
    ['wasm', { engine: 'wasm' }],
    ['wasm with 2 workers', { engine: 'wasm', workers: 2 }],
    ['cpu', { engine: 'cpu' }],
  ] as const) {
    const other = await losses(config, batches.slice(0, 100), options)
    table[label] = other
    rows.push(row(`compiled and ${label}, 100 steps`, compiled, other))
  }
  const theirs = await torchLosses(config, batches)
  if (theirs) table[theirs.name] = theirs.losses
  console.error(lossTable(table))
  rows.push(
    theirs
      ? row(`compiled and ${theirs.name}, 200 steps`, compiled, theirs.losses)
      : {
          case: 'compiled and torch, 200 steps',
          metric: 'largest relative difference of losses',
          ours: Number.NaN,
          peer: 'bound',
          peerValue: null,
          ratio: null,
        },
  )
  return rows
}

const shownSteps = [1, 20, 40, 60, 80, 100, 150, 200]

/** A row for each engine with its losses at some steps, all digits of float32. */
function lossTable(table: Record<string, readonly number[]>): string {
  const width = Math.max(...Object.keys(table).map(name => name.length))
  const line = (name: string, cells: readonly (number | string | undefined)[]): string =>
    [name.padEnd(width), ...cells.map(cell => String(cell ?? '-').padStart(10))].join('  ')
  return [
    line('loss at step', shownSteps),
    ...Object.entries(table).map(([name, losses]) =>
      line(
        name,
        shownSteps.map(step => losses[step - 1]?.toFixed(6)),
      ),
    ),
  ].join('\n')
}

function row(label: string, one: readonly number[], two: readonly number[]): BenchmarkRow {
  const apart = Math.max(...two.map((loss, i) => Math.abs(one[i]! / loss - 1)))
  return {
    case: label,
    metric: 'largest relative difference of losses',
    ours: apart,
    peer: 'bound',
    peerValue: bound,
    ratio: bound / apart,
  }
}

async function losses(
  config: GptConfig,
  batches: readonly TokenBatch[],
  options: Partial<CreateEngineOptions>,
): Promise<number[]> {
  const optimizer = adamW()
  const model = trainableGpt(config)
  const { engine } = await createEngine({ model, optimizer, ...options })
  await engine.load(await initialState(model.parameters, optimizer))
  const found: number[] = []
  for (const [i, batch] of batches.entries()) {
    found.push((await engine.step(batch, { learningRate, ...optimizer.scalars(i + 1) })).loss)
  }
  await engine.dispose()
  return found
}

/** Real stories and a model that the cpu engine can train in seconds; all layers see the whole context, as torch's do. */
async function smallRun(count: number): Promise<{ config: GptConfig; batches: TokenBatch[] }> {
  const stories = openStories('sample')
  const tokenizer = await trainTokenizer(
    (async function* texts() {
      for await (const { text } of stories.take(1000)) yield text
    })(),
    { vocabSize: 512 },
  )
  const config = gptConfig('sample', {
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 32,
    layers: 2,
    contextLength: 64,
    attention: ['global'],
  })
  const batches = await stories
    .shuffle({ seed: 1, bufferSize: 1000 })
    .repeat()
    .tokenize(tokenizer, { eos: tokenizer.endOfTextId! })
    .pack({ contextLength: config.contextLength })
    .batch(batchSize)
    .take(count)
    .toArray()
  return { config, batches: batches as TokenBatch[] }
}

async function torchLosses(
  config: GptConfig,
  batches: readonly TokenBatch[],
): Promise<{ name: string; losses: number[] } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'loss-parity-'))
  try {
    const shapes = parameterShapes(config)
    const arrays = initParameterArrays(config, 1)
    const flat = Object.keys(shapes).map(name => Buffer.from(arrays[name]!.buffer))
    const parameters = join(folder, 'parameters.bin')
    await writeFile(parameters, Buffer.concat(flat))
    const peer = await startPythonPeer({
      script: 'train-step-peer.py',
      input: JSON.stringify({
        config,
        shapes,
        parameters,
        size: Buffer.concat(flat).length / 4,
        batch: batchSize,
        threads: 2,
        learningRate,
        batches: batches.map(({ inputs, targets }) => ({ inputs: [...inputs], targets: [...targets] })),
      }),
      args: ['eager'],
      env: {},
      install: 'pip install torch',
    })
    if (!peer) return undefined
    const losses = await peer.runAll(`losses ${batches.length}`)
    peer.stop()
    return { name: peer.name, losses }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
