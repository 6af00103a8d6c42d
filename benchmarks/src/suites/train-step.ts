import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProfileRow } from '@tinystories/compiler'
import {
  type GptConfig,
  gptConfig,
  initParameterArrays,
  modelCost,
  parameterShapes,
} from '@tinystories/model'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { type PythonPeer, startPythonPeer } from '../python-peer.ts'

export const name = 'train-step'
export const description =
  'a whole training step against PyTorch, eager and compiled (CONFIGURATIONS=A,A4,B,C picks some, COMPILE=0 leaves torch.compile out)'

export interface Case {
  batch: number
  config: GptConfig
}

const threads = 2
const growthSteps = 200
const vocabSize = 10_000

/** Sizes of the issue; all layers see the whole context, for PyTorch's attention knows no window. */
export const cases: Record<string, Case> = {
  A: { batch: 8, config: config(64, 8, 16, 256) },
  A4: { batch: 8, config: config(64, 8, 4, 256) },
  B: { batch: 8, config: config(256, 4, 8, 256) },
  C: { batch: 4, config: config(512, 8, 8, 512) },
}

/**
 * The same model from the same parameters on the same batches: forward, backward, clipping, AdamW. Each contender
 * has a process of its own; rounds go in turns.
 */
export async function run(): Promise<BenchmarkResult> {
  const chosen = process.env.CONFIGURATIONS?.split(',') ?? Object.keys(cases)
  const rows: BenchmarkRow[] = []
  for (const label of chosen) {
    const found = cases[label]
    if (!found) throw new Error(`there is no configuration "${label}": take ${Object.keys(cases).join(', ')}`)
    const measured = await runCase(label, found)
    rows.push(...measured)
  }
  return { name, machine: machine(), rows }
}

async function runCase(label: string, { batch, config }: Case): Promise<BenchmarkRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'train-step-'))
  const started: PythonPeer[] = []
  try {
    const input = await describeRun(folder, batch, config)
    const ours = await startOurs(input)
    const eager = await startTorch(input, 'eager')
    const compiled = process.env.COMPILE === '0' ? undefined : await startTorch(input, 'compile')
    const peers = [eager, compiled].filter(peer => peer !== undefined)
    started.push(ours, ...peers)

    const tokens = batch * config.contextLength
    const flops = tokens * modelCost(config).flopsPerToken.training
    const steps = Math.max(1, Math.round(1e11 / flops))
    const seconds = await inTurns(
      Object.fromEntries([ours, ...peers].map(peer => [peer.name, () => peer.run(`step ${steps}`)])),
      { rounds: 7, warmup: 2 },
    )
    const rate = (peer: PythonPeer): number => tokens / seconds[peer.name]!
    const rows: BenchmarkRow[] = peers.map(peer => ({
      case: label,
      metric: 'tokens/s',
      ours: rate(ours),
      peer: peer.name,
      peerValue: rate(peer),
      ratio: rate(ours) / rate(peer),
    }))
    if (peers.length === 0) rows.push(alone(label, 'tokens/s', rate(ours)))

    // After all the steps, so that a leak or a growing cache shows. Before the rest, which needs memory of its own.
    const memory = await ours.run('memory')
    for (const peer of peers) {
      const theirs = await peer.run('memory')
      rows.push({
        case: label,
        metric: 'peak MB',
        ours: memory / 1e6,
        peer: peer.name,
        peerValue: theirs / 1e6,
        ratio: theirs / memory,
      })
    }
    rows.push(...(await utilisation(label, flops, seconds, ours, eager)))
    if (eager) rows.push(await agreement(label, ours, eager))
    if (compiled) rows.push(alone(label, 'seconds that torch.compile took', await compiled.run('prepared')))
    if (label === 'A' || chosenOnly(label)) rows.push(...(await setupAndGrowth(label, ours, steps)))
    if (label === 'B') rows.push(...(await profileOf(label, ours, join(folder, 'profile.json'))))
    return rows
  } finally {
    for (const peer of started) peer.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** FLOPs of the step's products per second, as a share of what one large product reaches in the same processes. */
async function utilisation(
  label: string,
  flops: number,
  seconds: Record<string, number>,
  ours: PythonPeer,
  eager: PythonPeer | undefined,
): Promise<BenchmarkRow[]> {
  const rates = await inTurns(
    { ours: () => ours.run('matmul'), torch: () => eager?.run('matmul') ?? Promise.resolve(0) },
    { rounds: 3, warmup: 1 },
  )
  const machineRate = Math.max(rates.ours, rates.torch)
  const used = flops / seconds[ours.name]! / 1e9
  const theirs = eager ? flops / seconds[eager.name]! / 1e9 : null
  return [
    {
      case: label,
      metric: 'GFLOP/s of one product',
      ours: rates.ours,
      peer: eager?.name ?? 'torch',
      peerValue: eager ? rates.torch : null,
      ratio: eager ? rates.ours / rates.torch : null,
    },
    {
      case: label,
      metric: `% of the machine's product rate (${(flops / 1e9).toFixed(1)} GFLOP a step)`,
      ours: (100 * used) / machineRate,
      peer: eager?.name ?? 'torch',
      peerValue: theirs === null ? null : (100 * theirs) / machineRate,
      ratio: theirs === null ? null : used / theirs,
    },
  ]
}

/** Both sides must be doing the same work: the first losses agree. */
async function agreement(label: string, ours: PythonPeer, eager: PythonPeer): Promise<BenchmarkRow> {
  const [mine, theirs] = [await ours.runAll('losses 4'), await eager.runAll('losses 4')]
  const apart = Math.max(...mine.map((loss, i) => Math.abs(loss / theirs[i]! - 1)))
  return {
    case: label,
    metric: 'relative difference of 4 losses',
    ours: apart,
    peer: 'bound',
    peerValue: 1e-4,
    ratio: 1e-4 / apart,
  }
}

/** Where a step's time goes, by operation: what takes at least a hundredth. */
async function profileOf(label: string, ours: PythonPeer, path: string): Promise<BenchmarkRow[]> {
  await ours.run(`profile ${path}`)
  const rows = JSON.parse(await readFile(path, 'utf8')) as ProfileRow[]
  return rows
    .filter(({ share }) => share >= 0.01)
    .map(({ op, calls, milliseconds, share }) =>
      alone(label, `ms a step in ${calls} ${op}, ${Math.round(100 * share)} %`, milliseconds),
    )
}

async function setupAndGrowth(label: string, ours: PythonPeer, steps: number): Promise<BenchmarkRow[]> {
  const rows: BenchmarkRow[] = []
  const layers = 12
  const seconds = await ours.run(`setup ${layers}`)
  rows.push({
    case: label,
    metric: `seconds to trace and load ${layers} layers`,
    ours: seconds,
    peer: 'bound',
    peerValue: 2,
    ratio: 2 / seconds,
  })
  await ours.run(`step ${steps}`)
  const before = await ours.run('resident')
  await ours.run(`step ${growthSteps}`)
  const after = await ours.run('resident')
  rows.push(alone(label, `MB more after ${growthSteps} steps`, (after - before) / 1e6))
  return rows
}

function chosenOnly(label: string): boolean {
  return process.env.CONFIGURATIONS === label && label !== 'C'
}

export function alone(label: string, metric: string, value: number): BenchmarkRow {
  return { case: label, metric, ours: value, peer: 'none', peerValue: null, ratio: null }
}

/** Our side of a step, in a process of its own. */
export async function startOurs(input: string): Promise<PythonPeer> {
  const peer = await startPythonPeer({
    script: 'train-step-ours.ts',
    input,
    env: {},
    interpreter: [process.execPath, '--conditions=@tinystories/source'],
    install: 'npm install',
  })
  if (!peer) throw new Error('the compiled step did not start')
  return peer
}

function startTorch(input: string, mode: 'eager' | 'compile'): Promise<PythonPeer | undefined> {
  return startPythonPeer({
    script: 'train-step-peer.py',
    input,
    args: [mode],
    // PyTorch brings its own libraries; settings for another one would not be its best.
    env: {
      OMP_NUM_THREADS: String(threads),
      MKL_NUM_THREADS: String(threads),
      OPENBLAS_CORETYPE: undefined,
      OPENBLAS_L2_SIZE: undefined,
    },
    install: 'pip install torch',
  })
}

/** The file that both sides read: configuration, where the initial parameters lie, batches. */
export async function describeRun(folder: string, batch: number, config: GptConfig): Promise<string> {
  const arrays = Object.values(initParameterArrays(config, 1))
  const parameters = join(folder, 'parameters.bin')
  await writeFile(
    parameters,
    Buffer.concat(arrays.map(a => Buffer.from(a.buffer, a.byteOffset, a.byteLength))),
  )
  return JSON.stringify({
    config,
    shapes: parameterShapes(config),
    parameters,
    size: arrays.reduce((sum, { length }) => sum + length, 0),
    batch,
    threads,
    learningRate: 1e-3,
    batches: Array.from({ length: 4 }, (_, i) =>
      randomBatch(i + 1, batch * config.contextLength, config.vocabSize),
    ),
  })
}

function randomBatch(
  seed: number,
  length: number,
  vocabSize: number,
): { inputs: number[]; targets: number[] } {
  let state = seed
  const ids = Array.from({ length: length + 1 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * vocabSize)
  })
  return { inputs: ids.slice(0, length), targets: ids.slice(1) }
}

function config(hiddenSize: number, layers: number, heads: number, contextLength: number): GptConfig {
  return gptConfig('tinystories-1m', {
    hiddenSize,
    layers,
    heads,
    contextLength,
    vocabSize,
    attention: ['global'],
    localWindow: contextLength,
  })
}
