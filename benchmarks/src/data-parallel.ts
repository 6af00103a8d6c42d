import { gptConfig } from '@tinystories/model'
import { adamW, createEngine, type Engine, initialState, muon, type Optimizer } from '@tinystories/trainer'
import { type EngineProcess, startEngineProcess } from './engine-process.ts'
import { trainableGpt } from './gpt-functions.ts'
import { type BenchmarkRow, inTurns } from './harness.ts'
import { randomTokens } from './random-tokens.ts'

const batchSize = 8
const config = gptConfig('sample')
const tokens = batchSize * config.contextLength

/**
 * What two workers of wasm gain over one, and what the machine would allow at most: two processes that know nothing of
 * each other, each with half of the batch. The same bound tells whether the compiled engine could gain by processes of
 * one thread over its own two threads.
 */
export async function dataParallel(): Promise<BenchmarkRow[]> {
  const rows: BenchmarkRow[] = []
  for (const [name, optimizer] of [
    ['Muon', muon()],
    ['AdamW', adamW()],
  ] as const) {
    rows.push(await workersOfWasm(name, optimizer))
  }
  rows.push(
    await processes('wasm', { peer: 'wasm, 1 process, the whole batch', threads: 1 }),
    await processes('compiled', { peer: 'compiled, 1 process of 2 threads', threads: 2 }),
  )
  return rows
}

async function workersOfWasm(name: string, optimizer: Optimizer): Promise<BenchmarkRow> {
  const [one, two] = [await startWasm(1, optimizer), await startWasm(2, optimizer)]
  const rates = await inTurns({ one: one.rate, two: two.rate }, { rounds: 7, warmup: 2 })
  await one.engine.dispose()
  await two.engine.dispose()
  return {
    case: `wasm, 2 workers, ${name}`,
    metric: 'tokens/s',
    ours: rates.two,
    peer: 'wasm, 1 worker',
    peerValue: rates.one,
    ratio: rates.two / rates.one,
  }
}

async function startWasm(
  workers: number,
  optimizer: Optimizer,
): Promise<{ engine: Engine; rate(): Promise<number> }> {
  const model = trainableGpt(config)
  const { engine } = await createEngine({ model, optimizer, engine: 'wasm', workers })
  await engine.load(await initialState(model.parameters, optimizer))
  let step = 0
  return {
    engine,
    async rate() {
      const batch = randomTokens(++step, { ...config, batchSize })
      const began = performance.now()
      await engine.step(batch, { learningRate: 1e-3, ...optimizer.scalars(step) })
      return tokens / ((performance.now() - began) / 1000)
    },
  }
}

async function processes(
  engine: 'wasm' | 'compiled',
  { peer, threads }: { peer: string; threads: number },
): Promise<BenchmarkRow> {
  const alone = await startEngineProcess(engine, { threads, batchSize })
  const halves = [
    await startEngineProcess(engine, { threads: 1, batchSize: batchSize / 2 }),
    await startEngineProcess(engine, { threads: 1, batchSize: batchSize / 2 }),
  ]
  const rate = (all: EngineProcess[]) => async (): Promise<number> =>
    tokens / Math.max(...(await Promise.all(all.map(process => process.step()))))
  const rates = await inTurns({ alone: rate([alone]), halves: rate(halves) }, { rounds: 7, warmup: 2 })
  for (const process of [alone, ...halves]) await process.stop()
  return {
    case: `bound: ${engine}, 2 processes of 1 thread, half a batch each, nothing exchanged`,
    metric: 'tokens/s',
    ours: rates.halves,
    peer,
    peerValue: rates.alone,
    ratio: rates.halves / rates.alone,
  }
}
