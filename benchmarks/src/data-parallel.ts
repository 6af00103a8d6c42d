import { gptConfig } from '@tinystories/model'
import { type EngineProcess, startEngineProcess } from './engine-process.ts'
import { type BenchmarkRow, inTurns } from './harness.ts'
import type { EngineStepsOptions } from './peers/engine-steps.ts'

const batchSize = 8
const tokens = batchSize * gptConfig('sample').contextLength

/**
 * What two workers of wasm gain over one, and what the machine would allow at most: two processes that know nothing of
 * each other, each with half of the batch. The same bound shows whether the compiled engine could gain by processes of
 * one thread over its own two threads. All in processes of their own, in turns.
 */
export async function dataParallel(): Promise<BenchmarkRow[]> {
  const rows: BenchmarkRow[] = []
  for (const optimizer of ['muon', 'adamW'] as const) {
    const rates = await ratesOf({
      one: [{ engine: 'wasm', optimizer, batchSize }],
      two: [{ engine: 'wasm', optimizer, batchSize, workers: 2 }],
      halves: halves({ engine: 'wasm', optimizer }),
    })
    const peer = { metric: 'tokens/s', peer: 'wasm, 1 worker', peerValue: rates.one }
    rows.push(
      { case: `wasm, 2 workers, ${optimizer}`, ours: rates.two, ...peer, ratio: rates.two / rates.one },
      {
        case: `bound: 2 processes, half a batch each, nothing exchanged, ${optimizer}`,
        ours: rates.halves,
        ...peer,
        ratio: rates.halves / rates.one,
      },
    )
  }
  const rates = await ratesOf({
    one: [{ engine: 'compiled', optimizer: 'muon', batchSize, threads: 2 }],
    halves: halves({ engine: 'compiled', optimizer: 'muon', threads: 1 }),
  })
  rows.push({
    case: 'bound: compiled, 2 processes of 1 thread, half a batch each, nothing exchanged',
    metric: 'tokens/s',
    ours: rates.halves,
    peer: 'compiled, 1 process of 2 threads',
    peerValue: rates.one,
    ratio: rates.halves / rates.one,
  })
  return rows
}

function halves(options: Omit<EngineStepsOptions, 'batchSize'>): EngineStepsOptions[] {
  const half = { ...options, batchSize: batchSize / 2 }
  return [half, half]
}

/** Tokens of a batch per second; a contender of several processes has made its step when all of them have. */
async function ratesOf<Name extends string>(
  contenders: Record<Name, EngineStepsOptions[]>,
): Promise<Record<Name, number>> {
  const all: EngineProcess[] = []
  const measured: Partial<Record<Name, () => Promise<number>>> = {}
  for (const name of Object.keys(contenders) as Name[]) {
    const processes: EngineProcess[] = []
    for (const options of contenders[name]) processes.push(await startEngineProcess(options))
    all.push(...processes)
    measured[name] = async () => tokens / Math.max(...(await Promise.all(processes.map(each => each.step()))))
  }
  const rates = await inTurns(measured as Record<Name, () => Promise<number>>, { rounds: 11, warmup: 4 })
  for (const process of all) await process.stop()
  return rates
}
