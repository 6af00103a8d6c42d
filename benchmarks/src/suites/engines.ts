import { useBackend } from '@tinystories/backends'
import { gptConfig } from '@tinystories/model'
import { adamW, createEngine, type Engine, initialState, type TokenBatch } from '@tinystories/trainer'
import { trainableGpt } from '../gpt-functions.ts'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { loopOverhead } from '../loop-overhead.ts'
import { lossParity } from '../loss-parity.ts'

export const name = 'engines'
export const description =
  'a training step of the default model on the engines, what the loop adds to it, and how far their losses lie apart'

const batchSize = 8
const steps = 6

/** Tokens per second of whole steps, and how far the losses of 20 steps from the same start lie apart. */
export async function run(): Promise<BenchmarkResult> {
  await useBackend('cpu')
  const config = gptConfig('sample')
  const model = trainableGpt(config)
  const optimizer = adamW()
  const start = await initialState(model.parameters, optimizer)
  const batches = Array.from({ length: steps }, (_, i) => batch(i, config.vocabSize, config.contextLength))
  const tokens = batchSize * config.contextLength

  const contenders = {
    compiled: { engine: 'compiled' },
    wasm: { engine: 'wasm' },
    twoWorkers: { engine: 'wasm', workers: 2 },
  } as const
  type Contender = keyof typeof contenders
  const engines = new Map<Contender, { engine: Engine; losses: number[] }>()
  for (const contender of Object.keys(contenders) as Contender[]) {
    const { engine } = await createEngine({ model, optimizer, ...contenders[contender] })
    await engine.load(start)
    const losses: number[] = []
    for (const [i, batch] of batches.entries()) losses.push((await engine.step(batch, scalars(i + 1))).loss)
    engines.set(contender, { engine, losses })
  }
  let step = steps
  const rate = (engineName: Contender) => async (): Promise<number> => {
    const { engine } = engines.get(engineName)!
    const began = performance.now()
    await engine.step(batches[++step % steps]!, scalars(step))
    return tokens / ((performance.now() - began) / 1000)
  }
  const rates = await inTurns(
    { compiled: rate('compiled'), wasm: rate('wasm'), twoWorkers: rate('twoWorkers') },
    { rounds: 7, warmup: 1 },
  )

  const [compiled, wasm] = [engines.get('compiled')!, engines.get('wasm')!]
  const apart = Math.max(...compiled.losses.map((value, i) => Math.abs(value / wasm.losses[i]! - 1)))
  for (const { engine } of engines.values()) await engine.dispose()

  const rows: BenchmarkRow[] = [
    {
      case: 'wasm, 2 workers',
      metric: 'tokens/s',
      ours: rates.twoWorkers,
      peer: 'wasm, 1 worker',
      peerValue: rates.wasm,
      ratio: rates.twoWorkers / rates.wasm,
    },
    {
      case: `${config.layers} layers, hidden ${config.hiddenSize}, context ${config.contextLength}, batch ${batchSize}, vocabulary ${config.vocabSize}`,
      metric: 'tokens/s',
      ours: rates.compiled,
      peer: 'tfjs wasm, kernels mended',
      peerValue: rates.wasm,
      ratio: rates.compiled / rates.wasm,
    },
    {
      case: `largest difference of the losses over ${steps} steps`,
      metric: 'relative',
      ours: apart,
      peer: 'bound',
      peerValue: 1e-4,
      ratio: 1e-4 / apart,
    },
  ]
  rows.push(await loopOverhead(), ...(await lossParity()))
  return { name, machine: machine(), rows }

  function scalars(step: number): Record<string, number> {
    return { learningRate: 1e-3, ...optimizer.scalars(step) }
  }
}

function batch(index: number, vocabSize: number, contextLength: number): TokenBatch {
  const length = batchSize * contextLength
  // A language with something to learn: each token decides the next but for a little noise.
  const ids = new Int32Array(length + 1)
  let state = index * 7919 + 1
  for (let i = 1; i <= length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    ids[i] = (ids[i - 1]! * 31 + (state >>> 30)) % vocabSize
  }
  return {
    inputs: ids.slice(0, length),
    targets: ids.slice(1),
    mask: new Float32Array(length).fill(1),
    shape: [batchSize, contextLength],
    bytes: length * 4,
  }
}
