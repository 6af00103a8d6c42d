import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import {
  checkFits,
  createSweep,
  type Finding,
  type Json,
  type KeptResults,
  type Needs,
  openBossQueue,
  openSweep,
  paperSweep,
  parseKeptResults,
  parseSweepSpec,
  type ReproduceSize,
  retryFailures,
  runSweep,
  type Sweep,
  type SweepSpec,
  stopSweep,
  sweepStatus,
  type TasksSummary,
  workSweep,
  writeSweepReport,
} from '@tinystories/sweep'
import { readTextFile } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'
import { access } from '../access.ts'
import { UserError } from '../errors/user-error.ts'
import { commandName, forDisplay, forShell, fromTyped } from '../paths.ts'
import { resolveSource } from '../resolve-source.ts'
import { runWorkers } from '../sweep/run-workers.ts'
import { judgeMaker } from '../sweep/sweep-judge.ts'
import { SweepProgress } from '../sweep/sweep-progress.ts'
import { untilStopped } from '../sweep/until-stopped.ts'
import { print, printError, printJson } from '../terminal/output.ts'

export interface SweepRunFlags {
  out: string
  shard?: string
  threads?: number
  workers: number
  queue?: string
  done?: string[]
  keyFile?: string
  json?: boolean
}

/** Runs the sweep of a file. @returns the exit code: 0, 1 when a stage failed, or 130 when interrupted */
export async function sweepRun(file: string, flags: SweepRunFlags): Promise<number> {
  const path = fromTyped(file)
  const parsed = parseSweepSpec(parseJson(await readTextFile(path, { pipes: true }), { source: path }), path)
  const grids = parsed.grids.map(grid => ({ ...grid, data: grid.data?.map(resolveSource) }))
  const spec = { ...parsed, data: resolveSource(parsed.data), heldOut: resolved(parsed.heldOut), grids }
  const { promptFile } = spec
  return runAndReport({ ...spec, ...(promptFile && { promptFile: fromTyped(promptFile) }) }, flags)
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

export interface SweepWorkFlags {
  queue: string
  threads?: number
  cores?: number
  /** GB. */
  memory?: number
  gpu?: boolean
  keyFile?: string
  json?: boolean
}

/** Works on a sweep that another process started, until nothing is left. */
export async function sweepWork(folder: string, flags: SweepWorkFlags): Promise<number> {
  const path = fromTyped(folder)
  return untilStopped(path, async signal => {
    const { threads, keyFile, queue: server } = flags
    const sweep = await openSweep(path, { access: access(), threads, createJudge: judgeMaker(keyFile) })
    const machine = wholeMachine()
    const capacity: Needs = {
      cores: flags.cores ?? machine.cores,
      memory: flags.memory ?? machine.memory,
      gpu: flags.gpu ?? false,
    }
    await using queue = await openBossQueue({ sweepId: sweep.id, folder: path, server, signal })
    using progress = new SweepProgress()
    const onEvent = progress.show.bind(progress)
    const summary = await workSweep(sweep, { queue, capacity, signal, onEvent })
    if (flags.json) printJson({ ...summary })
    return endOf(summary, path)
  })
}

/** Asks all workers of a sweep to stop. */
export async function sweepStop(folder: string, { json }: { json?: boolean } = {}): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  const running = (await sweepStatus(sweep)).filter(({ progress }) => progress !== undefined)
  await stopSweep(sweep.folder)
  const names = [...new Set(running.map(({ progress }) => progress!.worker))]
  if (json) printJson({ workers: names })
  print(
    names.length === 0
      ? 'Nothing seems to run. Workers that start by themselves stop at once until the next sweep run.'
      : `Asked to stop within seconds: ${names.join(', ')}. sweep run continues.`,
  )
  return 0
}

/** Lets failed stages be tried again. */
export async function sweepRetry(folder: string, { json }: { json?: boolean }): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  const count = await retryFailures(sweep)
  if (json) printJson({ stages: count })
  print(count === 0 ? 'Nothing has failed.' : `${count} stages will be tried again by the next run.`)
  return 0
}

/** Writes the report of a sweep. */
export async function sweepReport(
  folder: string,
  { to, json }: { to?: string; json?: boolean },
): Promise<number> {
  const sweep = await openSweep(fromTyped(folder))
  await showReport(sweep, { to: to === undefined ? undefined : fromTyped(to), json })
  return 0
}

async function runAndReport(spec: SweepSpec, flags: SweepRunFlags): Promise<number> {
  const { out, shard, threads, workers, queue: server, done = [], keyFile, json } = flags
  const folder = fromTyped(out)
  const part = shard === undefined ? undefined : parseShard(shard)
  if (part !== undefined && (workers > 1 || server !== undefined))
    throw new UserError(
      '--shard: a queue shares the work by itself. Leave out --shard, or --workers and --queue.',
    )
  const createJudge = judgeMaker(keyFile)
  // A judge that cannot be reached for want of a key is said before anything starts.
  if (spec.judge !== 'offline') await createJudge(spec.judge)
  const kept = await readKept(done)
  const machine = wholeMachine()
  return untilStopped(folder, async (signal, allow) => {
    const memory = server === undefined ? (machine.memory * 1e9) / workers : undefined
    const sweep = await createSweep(spec, folder, {
      ...{ access: access(), threads, memory, createJudge, kept, signal },
    })
    const { cells, tasks } = sweep
    const before = (await sweepStatus(sweep)).filter(({ state }) => state === 'done').length
    const stages = `${tasks.length} stages${before === 0 ? '' : `, ${before} of them done`}`
    print(`${spec.name}: ${cells.length} models, ${stages}, in ${forDisplay(folder)}`)
    await allow()
    const summary = await work(sweep)
    await showReport(sweep, { json })
    return endOf(summary, folder)

    async function work(sweep: Sweep): Promise<TasksSummary> {
      if (workers > 1 && server === undefined) {
        const capacity = divide(machine, workers)
        checkFits(sweep, capacity)
        return runWorkers(sweep, { workers, capacity, threads, keyFile, signal })
      }
      using progress = new SweepProgress()
      const onEvent = progress.show.bind(progress)
      if (server === undefined) {
        checkFits(sweep, machine)
        return runSweep(sweep, { shard: part, signal, onEvent })
      }
      await using queue = await openBossQueue({ sweepId: sweep.id, folder, server, signal })
      return workSweep(sweep, { queue, capacity: machine, signal, onEvent })
    }
  })
}

/** What reports hold; where two have the same, the later one counts. */
async function readKept(reports: readonly string[]): Promise<KeptResults> {
  const kept = new Map<string, Json>()
  for (const report of reports) {
    const path = fromTyped(report)
    for (const [id, result] of parseKeptResults(
      await readTextFile(path, { pipes: true, maxBytes: 2 ** 28 }),
      path,
    ))
      kept.set(id, result)
  }
  return kept
}

/** What this machine has; whether a GPU can be used shows only when one tries. */
function wholeMachine(): Needs {
  return { cores: availableParallelism(), memory: Math.floor(totalmem() / 1e8) / 10, gpu: true }
}

function divide({ cores, memory, gpu }: Needs, workers: number): Needs {
  return { cores: Math.max(1, Math.floor(cores / workers)), memory: memory / workers, gpu }
}

function endOf({ failed, blocked }: TasksSummary, folder: string): number {
  if (failed === 0) return 0
  printError(
    `${failed} stages failed and ${blocked} wait for them. Try them again with: ${commandName()} sweep retry ${forShell(folder)}`,
  )
  return 1
}

async function showReport(
  sweep: Sweep,
  { to = sweep.folder, json = false }: { to?: string | undefined; json?: boolean | undefined },
): Promise<void> {
  const { rows, findings, missing } = await writeSweepReport(sweep, to)
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
  if (missing.length > 0) print(`${missing.length} models have not been through all stages.`)
  print(`Report: ${forDisplay(join(to, 'report.html'))}`)
  if (!json) return
  const models = rows.map(({ cell, training }) => ({
    cell: cell.name,
    bitsPerByte: training?.bitsPerByte ?? null,
  }))
  const verdictOf = ({ statement, verdict }: Finding) => ({ statement, verdict })
  printJson({ report: join(to, 'report.json'), models, findings: findings.map(verdictOf), missing })
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
