import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sleep } from '@tinystories/utils/retry'
import type { Sweep } from '../open-sweep.ts'
import { writeSavedSweep } from '../saved-sweep.ts'
import type { Cell } from '../spec/expand-cells.ts'
import { planTasks } from '../tasks/plan-tasks.ts'
import type { Stage } from '../tasks/stage.ts'
import { TaskStore } from '../tasks/task-store.ts'

/** Options of {@link countingSweep}. */
export interface CountingSweepOptions {
  cells: number
  /** Milliseconds that a stage takes. Default 0. */
  pause?: number
  /** Whether `sweep.json` is written. Default true. */
  save?: boolean
}

/**
 * A sweep of two trivial stages a cell, and one for all, in a folder: `calls.txt` has a line for each start and each
 * end of a stage, so that a test sees what was done twice.
 */
export async function countingSweep(
  folder: string,
  { cells: count, pause = 0, save = true }: CountingSweepOptions,
): Promise<Sweep> {
  await mkdir(folder, { recursive: true })
  // By hand and not by a spec, so that worker processes of tests start quickly.
  const cells = Array.from({ length: count }, (_, seed): Cell => {
    const size = { hidden: 64, layers: 1, heads: 16, tokens: 10_000 }
    return { name: `s${seed}`, seed, ...size, learningRate: null, recipe: null, data: null, instruct: false }
  })
  const note = (line: string): Promise<void> => appendFile(join(folder, 'calls.txt'), `${line}\n`)
  const stage = (name: string, after: string[], ofCell: boolean): Stage => ({
    ...{ name, version: 1, after, settings: cell => (ofCell ? cell.seed : null) },
    async run({ cell: { seed }, results, signal }) {
      await note(`begin ${name} ${seed}`)
      await sleep(pause, signal)
      await note(`end ${name} ${seed}`)
      return { seed, before: Object.keys(results) }
    },
  })
  const stages = [
    stage('prepare', [], false),
    stage('train', ['prepare'], true),
    stage('probe', ['train'], true),
  ]
  const sweep: Sweep = {
    ...{ id: 'counting', folder, prompts: [], cells, software: 'counting 1' },
    spec: { ...defaults, name: 'counting', tokens: 10_000, grids: [] },
    tasks: planTasks(cells, stages),
    store: new TaskStore(folder),
  }
  const { id, software } = sweep
  if (save) await writeSavedSweep(folder, { id, software, fingerprints: {}, filePrompts: [], spec: {} })
  return sweep
}

const defaults = {
  ...{ data: 'sample', context: 16, batchSize: 8, trials: 1, maxTokens: 8, beams: 1, continuations: 0 },
  ...{ instruct: 'tinystories', instructions: 1 },
  judge: 'offline',
  quotePromptFile: true,
} as const
