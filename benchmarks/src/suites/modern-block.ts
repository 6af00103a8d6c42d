import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type GptConfig,
  type GptOverrides,
  gptConfig,
  initParameterArrays,
  modelCost,
} from '@tinystories/model'
import { createWasmModel, generateBatch, type WasmModel } from '@tinystories/model/generation'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import type { PythonPeer } from '../python-peer.ts'
import { describeRun, startOurs } from './train-step.ts'

export const name = 'modern-block'
export const description =
  'what the options of the GPT cost: a training step and writing, each against the plain block of the same FLOPs'

const batch = 8
const sizes: Record<string, GptOverrides> = {
  '64 x 8': { hiddenSize: 64, layers: 8, heads: 16 },
  '128 x 4': { hiddenSize: 128, layers: 4, heads: 4 },
  '256 x 4': { hiddenSize: 256, layers: 4, heads: 8 },
}
const modern: GptOverrides = {
  rotary: { base: 10_000 },
  norm: 'rms',
  activation: 'relu2',
  queryKeyNorm: true,
}
const blocks: Record<string, GptOverrides> = {
  'rotary, RMSNorm, ReLU squared, QK-norm': modern,
  'rotary, QK-norm, bigrams, value embeddings (preset story)': {
    rotary: { base: 10_000 },
    queryKeyNorm: true,
    attentionScale: true,
    bigramRows: 8192,
    sharedValues: 'embedding',
  },
}

/** Tokens per second, all in turns. */
export async function run(): Promise<BenchmarkResult> {
  const rows: BenchmarkRow[] = []
  for (const [size, overrides] of Object.entries(sizes)) {
    const plain = configOf(overrides)
    const contenders = { plain, ...mapValues(blocks, block => configOf({ ...overrides, ...block })) }
    for (const [label, config] of Object.entries(contenders))
      if (modelCost(config).flopsPerToken.training !== modelCost(plain).flopsPerToken.training)
        throw new Error(`${label} has other FLOPs than the plain block`)
    rows.push(
      ...rowsOf(size, 'tokens/s, training step', await trainingRates(contenders)),
      ...rowsOf(size, 'tokens/s, writing one text', await writingRates(contenders)),
    )
  }
  return { name, machine: machine(), rows }
}

function configOf(overrides: GptOverrides): GptConfig {
  return gptConfig('sample', { vocabSize: 4096, contextLength: 256, attention: ['global'], ...overrides })
}

async function trainingRates(configs: Record<string, GptConfig>): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'modern-block-'))
  const peers: Record<string, PythonPeer> = {}
  try {
    for (const [label, config] of Object.entries(configs))
      peers[label] = await startOurs(await describeRun(folder, batch, config))
    const { contextLength } = Object.values(configs)[0]!
    const rate = async (peer: PythonPeer): Promise<number> =>
      (batch * contextLength) / (await peer.run('step 4'))
    return await inTurns(
      mapValues(peers, peer => () => rate(peer)),
      { rounds: 9, warmup: 2 },
    )
  } finally {
    for (const peer of Object.values(peers)) peer.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function writingRates(configs: Record<string, GptConfig>): Promise<Record<string, number>> {
  const models: Record<string, WasmModel> = {}
  try {
    for (const [label, config] of Object.entries(configs))
      models[label] = await createWasmModel(
        { config, parameters: initParameterArrays(config, 1) },
        { threads: 1 },
      )
    const maxTokens = 200
    const prompt = [5, 136, 267, 398]
    const rate = async (model: WasmModel): Promise<number> => {
      const began = performance.now()
      await generateBatch(model, [prompt], { temperature: 0, maxTokens })
      return maxTokens / ((performance.now() - began) / 1000)
    }
    return await inTurns(
      mapValues(models, model => () => rate(model)),
      { rounds: 9, warmup: 2 },
    )
  } finally {
    for (const model of Object.values(models)) await model.dispose()
  }
}

function rowsOf(size: string, metric: string, rates: Record<string, number>): BenchmarkRow[] {
  const { plain, ...others } = rates
  return Object.entries(others).map(([label, ours]) => ({
    ...{ case: `${size}: ${label}`, metric, ours, peer: 'plain block, same FLOPs', peerValue: plain! },
    ratio: ours / plain!,
  }))
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
