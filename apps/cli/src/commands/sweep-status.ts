import { openSweep, type Sweep, sweepStatus, type TaskStatus } from '@tinystories/sweep'
import { sleep } from '@tinystories/utils/retry'
import { fromTyped } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { clearScreen, print, printJson } from '../terminal/output.ts'
import { formatDuration } from '../terminal/progress.ts'

export interface SweepStatusFlags {
  json?: boolean
  watch?: boolean
}

/** Shows where the models of a sweep stand: once, or every two seconds until all is done. */
export async function sweepStatusCommand(folder: string, { json, watch }: SweepStatusFlags): Promise<number> {
  const path = fromTyped(folder)
  if (json) {
    const sweep = await openSweep(path)
    const tasks = (await sweepStatus(sweep)).map(({ task: { id, stage, cells }, state, progress }) => ({
      ...{ id, stage: stage.name, cells: cells.map(({ name }) => name), state },
      ...(progress && { progress }),
    }))
    printJson({ name: sweep.spec.name, tasks })
    return 0
  }
  return interruptible(
    async signal => {
      for (;;) {
        // Opened again, because cells may be added meanwhile.
        const sweep = await openSweep(path)
        const status = await sweepStatus(sweep)
        if (watch) clearScreen()
        for (const line of table(await rowsOf(sweep, status))) print(line)
        const count = (wanted: string): number => status.filter(({ state }) => state === wanted).length
        const failed = count('failed') === 0 ? '' : `, ${count('failed')} failed`
        print(`${count('done')} of ${status.length} stages done${failed}.`)
        if (!watch || (count('ready') === 0 && count('waiting') === 0)) return 0
        await sleep(2000, signal)
      }
    },
    () => {},
  )
}

/** Of each cell the stage that it is in. */
async function rowsOf({ cells, store }: Sweep, status: readonly TaskStatus[]): Promise<string[][]> {
  const rows = [['cell', 'stage', 'state', 'loss', 'ETA', 'worker']]
  for (const cell of cells) {
    const ofCell = status.filter(({ task }) => task.cells.includes(cell))
    const current =
      ofCell.find(({ progress }) => progress !== undefined) ??
      ofCell.find(({ state }) => state === 'failed') ??
      ofCell.find(({ state }) => state !== 'done')
    if (current === undefined) {
      const train = ofCell.find(({ task }) => task.stage.name === 'train')
      const result = train && (await store.result(train.task))
      const loss = (result as { loss?: number } | undefined)?.loss?.toFixed(3)
      rows.push([cell.name, '-', 'done', loss ?? '-', '-', ''])
      continue
    }
    const { task, state, progress } = current
    rows.push([
      cell.name,
      task.stage.name,
      progress === undefined ? state : `${Math.floor(100 * progress.done)} %`,
      progress?.note?.replace(/^loss /, '') ?? '-',
      progress?.secondsLeft == null ? '-' : formatDuration(progress.secondsLeft),
      progress?.worker ?? '',
    ])
  }
  return rows
}

function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((text, column) => text.padEnd(widths[column]! + 2))
      .join('')
      .trimEnd(),
  )
}
