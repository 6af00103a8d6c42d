import { join } from 'node:path'
import {
  createSweep,
  type Finding,
  openSweep,
  paperSweep,
  parseSweepSpec,
  type ReproduceSize,
  retryFailures,
  runSweep,
  type Sweep,
  type SweepSpec,
  sweepStatus,
  type TaskEvent,
  writeSweepReport,
} from '@tinystories/sweep'
import { readTextFile } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'
import { access } from '../access.ts'
import { messageOf } from '../errors/describe-error.ts'
import { UserError } from '../errors/user-error.ts'
import { commandName, forDisplay, forShell, fromTyped, resolveSource } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printError, printJson } from '../terminal/output.ts'
import { ProgressLine } from '../terminal/progress-line.ts'

export interface SweepRunFlags {
  out: string
  shard?: string
  threads?: number
}

/** Runs the sweep of a file. @returns the exit code: 0, 1 when a stage failed, or 130 when interrupted */
export async function sweepRun(file: string, flags: SweepRunFlags): Promise<number> {
  const path = fromTyped(file)
  const parsed = parseSweepSpec(parseJson(await readTextFile(path), { source: path }), path)
  const spec = { ...parsed, data: resolveSource(parsed.data), heldOut: resolved(parsed.heldOut) }
  return runAndReport(spec, flags)
}

export interface ReproduceFlags extends SweepRunFlags {
  size: ReproduceSize
  data?: string
  valid?: string
}

/** Runs the paper's sweep. @returns the exit code: 0, 1 when a stage failed, or 130 when interrupted */
export function reproduce({ size, data, valid, ...flags }: ReproduceFlags): Promise<number> {
  return runAndReport(paperSweep(size, { data: resolved(data), heldOut: resolved(valid) }), flags)
}

/** Shows where the tasks of a sweep stand. */
export async function sweepStatusCommand(folder: string, { json }: { json?: boolean }): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  const status = await sweepStatus(sweep)
  if (json) {
    const tasks = status.map(({ task: { id, stage, cells }, state }) => ({
      ...{ id, stage: stage.name, cells: cells.map(({ name }) => name), state },
    }))
    printJson({ name: sweep.spec.name, tasks })
    return 0
  }
  const stages = [...new Set(sweep.tasks.map(({ stage }) => stage.name))]
  const rows = sweep.cells.map(cell => [
    cell.name,
    ...stages.map(stage => {
      const found = status.find(({ task }) => task.stage.name === stage && task.cells.includes(cell))
      return found?.state ?? '-'
    }),
  ])
  for (const row of [['cell', ...stages], ...rows])
    print(
      row
        .map((text, at) => text.padEnd(at === 0 ? 28 : 10))
        .join('')
        .trimEnd(),
    )
  const done = status.filter(({ state }) => state === 'done').length
  print(`${done} of ${status.length} stages done.`)
  return 0
}

/** Lets failed stages be tried again. */
export async function sweepRetry(folder: string): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  const count = await retryFailures(sweep)
  print(count === 0 ? 'Nothing has failed.' : `${count} stages will be tried again by the next run.`)
  return 0
}

/** Writes the report of a sweep. */
export async function sweepReport(folder: string): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  await showReport(sweep)
  return 0
}

async function runAndReport(spec: SweepSpec, { out, shard, threads }: SweepRunFlags): Promise<number> {
  const folder = fromTyped(out)
  const part = shard === undefined ? undefined : parseShard(shard)
  return interruptible(
    async signal => {
      const sweep = await createSweep(spec, folder, { access: access(), threads })
      const { cells, tasks } = sweep
      print(`${spec.name}: ${cells.length} models, ${tasks.length} stages, in ${forDisplay(folder)}`)
      const progress = new ProgressLine()
      const summary = await runSweep(sweep, {
        shard: part,
        signal,
        onEvent: event => report(event, progress),
      }).finally(() => progress.end())
      await showReport(sweep)
      if (summary.failed === 0) return 0
      printError(
        `${summary.failed} stages failed and ${summary.blocked} wait for them. Try them again with: ${commandName()} sweep retry ${forShell(folder)}`,
      )
      return 1
    },
    () => print('Interrupted. What is done is kept; the same command continues.'),
  )
}

function report(event: TaskEvent, progress: ProgressLine): void {
  switch (event.type) {
    case 'progress': {
      const { task, done, note } = event
      progress.show(`${nameOf(task)}  ${Math.floor(done * 100)} %${note === undefined ? '' : `  ${note}`}`)
      break
    }
    case 'done':
      progress.end()
      print(`done    ${nameOf(event.task)}`)
      break
    case 'failed':
      progress.end()
      printError(`failed  ${nameOf(event.task)}: ${messageOf(event.error, 'sweep run')}`)
      break
    case 'waiting':
      progress.show('Waiting for stages that other processes work on.', true)
  }
}

const nameOf = ({ stage, cells }: Extract<TaskEvent, { type: 'done' }>['task']): string =>
  `${stage.name} ${cells.length === 1 ? cells[0]!.name : `(${cells.length} models)`}`

async function showReport(sweep: Sweep): Promise<void> {
  const { rows, findings, missing } = await writeSweepReport(sweep)
  for (const { cell, training, probes } of rows) {
    if (training === undefined) continue
    const shares = probes
      ? `  grammar ${percent(probes.grammar.accuracy)}  context ${percent(probes.context.accuracy)}`
      : ''
    print(`${cell.name.padEnd(28)} ${training.bitsPerByte.toFixed(3)} bits per byte${shares}`)
  }
  const verdicts = (wanted: Finding['verdict']): number =>
    findings.filter(({ verdict }) => verdict === wanted).length
  print(
    `Findings of the paper: ${verdicts('supported')} supported, ${verdicts('contradicted')} contradicted, ${verdicts('undecided')} undecided.`,
  )
  if (missing.length > 0) print(`${missing.length} models have no result yet.`)
  print(`Report: ${forDisplay(join(sweep.folder, 'report.html'))}`)
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

const resolved = (source: string | undefined): string | undefined =>
  source === undefined ? undefined : resolveSource(source)

function parseShard(text: string): { shard: number; of: number } {
  const [, shard, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (shard === undefined || of === undefined)
    throw new UserError(`--shard ${text} is not a part such as 3/16: the third of sixteen.`)
  return { shard: Number(shard), of: Number(of) }
}
