import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  expandCells,
  parseSweepSpec,
  planTasks,
  queueOverPipe,
  type Stage,
  type Sweep,
  TaskStore,
  workSweep,
} from '@tinystories/sweep'

/** A sweep of one stage a cell that waits; `ends.txt` in its folder has a line for each end. */
export function trivialSweep(folder: string, cells: number, milliseconds: number): Sweep {
  const seed = Array.from({ length: cells }, (_, at) => at)
  const grids = [{ hidden: [64], layers: [1], seed }]
  const spec = parseSweepSpec({ name: 'trivial', tokens: 10_000, grids }, 'trivial')
  const stage: Stage = {
    name: 'wait',
    version: 1,
    after: [],
    settings: cell => cell.seed,
    async run({ cell }) {
      if (milliseconds > 0) await delay(milliseconds)
      await appendFile(join(folder, 'ends.txt'), `${cell.seed}\n`)
      return { seed: cell.seed }
    },
  }
  const all = expandCells(spec)
  const tasks = planTasks(all, [stage])
  const store = new TaskStore(folder)
  return { id: 'trivial', folder, spec, prompts: [], cells: all, tasks, store, software: 'wait 1' }
}

// As a worker process: node trivial-sweep.ts FOLDER CELLS MILLISECONDS
if (process.argv[1] === import.meta.filename) {
  const [folder, cells, milliseconds] = process.argv.slice(2)
  const sweep = trivialSweep(folder!, Number(cells), Number(milliseconds))
  const capacity = { cores: 1, memory: 4, gpu: false }
  await workSweep(sweep, { queue: queueOverPipe(process), capacity, pollInterval: 50 })
  process.disconnect()
}
