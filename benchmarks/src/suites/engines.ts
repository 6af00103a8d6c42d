import { useBackend } from '@tinystories/backends'
import { gptConfig } from '@tinystories/model'
import { adamW, createEngine, type Engine, initialState } from '@tinystories/trainer'
import { dataParallel } from '../data-parallel.ts'
import { trainableGpt } from '../gpt-functions.ts'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { loopOverhead } from '../loop-overhead.ts'
import { lossParity } from '../loss-parity.ts'
import { randomTokens } from '../random-tokens.ts'

export const name = 'engines'
export const description =
  'a training step of the default model on the engines, 2 workers against 1, what the loop adds, and how far their losses lie apart'

const batchSize = 8
const steps = 6

/** Tokens per second of whole steps, what data parallelism gains, the loop's overhead, and the tables of loss parity. */
export async function run(): Promise<BenchmarkResult> {
  await useBackend('cpu')
  const config = gptConfig('sample')
  const model = trainableGpt(config)
  const optimizer = adamW()
  const start = await initialState(model.parameters, optimizer)
  const batches = Array.from({ length: steps }, (_, i) => randomTokens(i, { ...config, batchSize }))
  const tokens = batchSize * config.contextLength

  const contenders = {
    compiled: { engine: 'compiled' },
    wasm: { engine: 'wasm' },
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
  const rates = await inTurns({ compiled: rate('compiled'), wasm: rate('wasm') }, { rounds: 7, warmup: 1 })

  const [compiled, wasm] = [engines.get('compiled')!, engines.get('wasm')!]
  const apart = Math.max(...compiled.losses.map((value, i) => Math.abs(value / wasm.losses[i]! - 1)))
  for (const { engine } of engines.values()) await engine.dispose()

  const rows: BenchmarkRow[] = [
    {
      case: `${config.layers} layers, hidden ${config.hiddenSize}, context ${config.contextLength}, batch ${batchSize}, vocabulary ${config.vocabSize}`,
      metric: 'tokens/s',
      ours: rates.compiled,
      peer: 'tfjs wasm, kernels patched',
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
  rows.push(...(await dataParallel()), await loopOverhead(), ...(await lossParity()))
  return { name, machine: machine(), rows }

  function scalars(step: number): Record<string, number> {
    return { learningRate: 1e-3, ...optimizer.scalars(step) }
  }
}
