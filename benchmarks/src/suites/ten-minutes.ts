import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@tinystories/backends'
import { openStories } from '@tinystories/dataset'
import {
  BIGRAM_FACTOR,
  type GptConfig,
  gptConfig,
  initParameterArrays,
  type PresetName,
  parameterShapes,
  sizesOf,
} from '@tinystories/model'
import {
  createOptimizer,
  createSchedule,
  defaultRecipe,
  type Recipe,
  usualRate,
} from '@tinystories/pipeline/recipe'
import { type Tokenizer, trainTokenizer } from '@tinystories/tokenizer'
import {
  type BatchStream,
  createTrainer,
  type EvaluationSet,
  evaluateOn,
  type TokenBatch,
  type TrainerOptions,
} from '@tinystories/trainer'
import { trainableGpt } from '../gpt-functions.ts'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'ten-minutes'
export const description =
  'bits per byte on valid.txt after ten minutes on train.txt with our default model and recipe, against PyTorch with the same model, recipe and tokens (MINUTES=10, STORIES=2000 held out, PEER=compile or eager, PRESET=sample for the model without options)'

const batchSize = 8
const threads = 2
const finalShare = 0.1
/** Twice what the fastest contender has got through on the machine where this was made. */
const tokensPerSecond = 40_000

/** One contender after the other, each for the same time and with both cores: it needs twice MINUTES. */
export async function run(): Promise<BenchmarkResult> {
  const minutes = Number(process.env.MINUTES ?? 10)
  if (!(minutes > 0)) throw new Error(`MINUTES must be above 0, not ${process.env.MINUTES}`)
  const root =
    process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
  const [train, valid] = ['train.txt', 'valid.txt'].map(file => join(root, 'tinystories', file)) as [
    string,
    string,
  ]
  if (!existsSync(train))
    throw new Error(`there is no ${train}: name the folder of the data in TINYSTORIES_DATA`)
  await useBackend('cpu')
  const tokenizer = await trainTokenizer(textsOf(train), { vocabSize: 4096, style: 'gpt2' })
  const preset = (process.env.PRESET ?? 'story') as PresetName
  const config = gptConfig(preset, { vocabSize: tokenizer.vocabSize, attention: ['global'] })
  const data = openStories(train)
    .shuffle({ seed: 1, bufferSize: 10_000 })
    // Ten minutes read the file several times.
    .repeat()
    .tokenize(tokenizer, { eos: tokenizer.endOfTextId! })
    .pack({ contextLength: config.contextLength })
    .batch(batchSize)
    .prefetch(4) as BatchStream
  const heldOut = await heldOutWindows(valid, tokenizer, config)

  const torch = await trainTorch(config, data, heldOut, minutes)
  if (torch) await checkTwin(config, data, heldOut, torch)
  const ours = await trainOurs(config, data, heldOut, minutes)
  const peer = torch?.name ?? 'torch'
  const label = `${minutes} minutes, preset ${preset}, the default recipe on both`
  const rows: BenchmarkRow[] = [
    {
      case: label,
      metric: 'bits per byte, held out',
      ours: ours.bitsPerByte,
      peer,
      peerValue: torch?.bitsPerByte ?? null,
      ratio: torch ? torch.bitsPerByte / ours.bitsPerByte : null,
    },
    {
      case: label,
      metric: 'tokens seen',
      ours: ours.tokens,
      peer,
      peerValue: torch?.tokens ?? null,
      ratio: torch ? ours.tokens / torch.tokens : null,
    },
  ]
  return { name, machine: machine(), rows }
}

/** Both sides must have begun as the same model on the same held-out text. */
async function checkTwin(
  config: GptConfig,
  data: BatchStream,
  heldOut: EvaluationSet,
  torch: { name: string; atFirst: number },
): Promise<void> {
  const trainer = await createTrainer({ ...contender(config, data), engine: 'compiled', threads })
  const { bitsPerByte } = await evaluateOn(trainer.engine, heldOut)
  await trainer.dispose()
  if (Math.abs(torch.atFirst / bitsPerByte - 1) > 1e-4) {
    throw new Error(
      `${torch.name} is no twin: it began at ${torch.atFirst} bits per byte, ours at ${bitsPerByte}`,
    )
  }
}

interface Reached {
  bitsPerByte: number
  tokens: number
}

/** What `train` takes for the model unless something else is asked for. */
function recipeOf(model: GptConfig): Recipe {
  const { optimizer } = defaultRecipe
  return { ...defaultRecipe, learningRate: usualRate({ from: false, optimizer, model }) }
}

/** Our side: what `train` does unless something else is asked for. */
function contender(
  model: GptConfig,
  data: BatchStream,
): Pick<TrainerOptions, 'model' | 'data' | 'optimizer' | 'schedule'> {
  return {
    model: trainableGpt(model),
    data,
    optimizer: createOptimizer({ ...defaultRecipe, model }),
    schedule: createSchedule(recipeOf(model)),
  }
}

async function trainOurs(
  config: GptConfig,
  data: BatchStream,
  evaluation: EvaluationSet,
  minutes: number,
): Promise<Reached> {
  const trainer = await createTrainer({
    ...contender(config, data),
    engine: 'compiled',
    threads,
    // Once, at the end and after the clock.
    evaluation: { ...evaluation, everySteps: Number.MAX_SAFE_INTEGER },
  })
  const { tokens, evaluation: score } = await trainer.run({ minutes })
  await trainer.dispose()
  console.error(`ours: ${tokens.toLocaleString('en')} tokens, ${score!.bitsPerByte.toFixed(4)} bits per byte`)
  return { bitsPerByte: score!.bitsPerByte, tokens }
}

/** The default recipe as the peer takes it. */
function peerRecipe(config: GptConfig) {
  const { learningRate, warmupSteps, weightDecay, optimizer, muonFactor, cautiousDecay } = recipeOf(config)
  const { keyValueSize, upSize } = sizesOf(config)
  const separate = defaultRecipe.separateMaps
  return {
    ...{ peak: learningRate, warmupSteps, finalShare, weightDecay, optimizer, muonFactor },
    cautious: cautiousDecay,
    maps: separate && {
      'attention.qkv.weight': [config.hiddenSize, keyValueSize, keyValueSize],
      ...(upSize > config.mlpSize && { 'mlp.up.weight': [config.mlpSize, config.mlpSize] }),
    },
  }
}

/** Gives PyTorch the tokens ready-made, in the order in which ours are made on the way. */
async function trainTorch(
  config: GptConfig,
  data: BatchStream,
  { batches, bytes }: EvaluationSet,
  minutes: number,
): Promise<(Reached & { name: string; atFirst: number }) | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'ten-minutes-'))
  const write = async (name: string, arrays: readonly ArrayBufferView[]): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, Buffer.concat(arrays.map(a => Buffer.from(a.buffer, a.byteOffset, a.byteLength))))
    return path
  }
  try {
    const shapes = parameterShapes(config)
    const initial = initParameterArrays(config, 1)
    const arrays = Object.keys(shapes).map(name => initial[name]!)
    const tokens = await firstTokens(data, Math.ceil(minutes * 60 * tokensPerSecond))
    const peer = await startPythonPeer({
      script: 'ten-minutes-peer.py',
      input: JSON.stringify({
        config,
        recipe: peerRecipe(config),
        bigramFactor: BIGRAM_FACTOR,
        threads,
        batch: batchSize,
        shapes,
        parameters: await write('parameters.bin', arrays),
        size: arrays.reduce((sum, { length }) => sum + length, 0),
        tokens: await write('tokens.bin', tokens),
        tokenCount: tokens.reduce((sum, { length }) => sum + length, 0),
        heldOut: {
          windows: batches.length * batchSize,
          bytes,
          inputs: await write(
            'inputs.bin',
            batches.map(b => b.inputs),
          ),
          targets: await write(
            'targets.bin',
            batches.map(b => b.targets),
          ),
          mask: await write(
            'mask.bin',
            batches.map(b => b.mask),
          ),
        },
      }),
      args: [process.env.PEER ?? 'compile'],
      env: {},
      install: 'pip install torch',
    })
    if (!peer) return undefined
    const atFirst = await peer.run('evaluate')
    const [, steps] = await peer.runAll(`train ${minutes * 60}`)
    const bitsPerByte = await peer.run('evaluate')
    peer.stop()
    const seen = steps! * batchSize * config.contextLength
    console.error(
      `${peer.name}: ${seen.toLocaleString('en')} tokens, ${bitsPerByte.toFixed(4)} bits per byte`,
    )
    return { name: peer.name, bitsPerByte, tokens: seen, atFirst }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The inputs of the first batches, one after another: packed as a stream, they are one text. */
async function firstTokens(data: BatchStream, count: number): Promise<Int32Array[]> {
  const cursor = data.iterate()
  const found: Int32Array[] = []
  for (let got = 0; got < count; ) {
    const { done, value } = (await cursor.next()) as IteratorResult<TokenBatch>
    if (done) break
    found.push(value.inputs)
    got += value.inputs.length
  }
  await cursor.return?.()
  return found
}

async function heldOutWindows(
  path: string,
  tokenizer: Tokenizer,
  { contextLength }: GptConfig,
): Promise<EvaluationSet> {
  const windows = openStories(path)
    .shuffle({ seed: 0, bufferSize: 30_000 })
    .take(Number(process.env.STORIES ?? 2000))
    .tokenize(tokenizer, { eos: tokenizer.endOfTextId! })
    .pack({ contextLength, by: 'story' })
    .batch(batchSize, { pad: true })
  const batches = (await windows.toArray()) as TokenBatch[]
  return { batches, bytes: batches.reduce((sum, batch) => sum + batch.bytes, 0) }
}

async function* textsOf(path: string): AsyncGenerator<string> {
  for await (const { text } of openStories(path).take(50_000)) yield text
}
