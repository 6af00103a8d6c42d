import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CompilerError, createRuntime, type ProfileRow } from '@tinystories/compiler'
import { modelCost } from '@tinystories/model'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'
import { type PythonPeer, startPythonPeer } from '../python-peer.ts'
import { alone, type Case, cases, describeRun, startOurs } from './train-step.ts'

export const name = 'gpu-train-step'
export const description =
  'a whole training step on a GPU by cuda and webgpu against PyTorch on it; needs an NVIDIA card (CONFIGURATIONS, PROVIDERS=cuda,webgpu, COMPILE=0, PROFILE=1)'

type Provider = 'cpu' | 'cuda' | 'webgpu'

const growthSteps = 200
const comparedSteps = 20

/**
 * The same model from the same parameters on the same batches: forward, backward, clipping, AdamW, in float32 without
 * TF32. Each contender has a process of its own; rounds go in turns.
 */
export async function run(): Promise<BenchmarkResult> {
  const device = await graphicsCard()
  const providers: Provider[] = []
  for (const provider of (process.env.PROVIDERS?.split(',') ?? ['cuda', 'webgpu']) as Provider[]) {
    if (await isThere(provider)) providers.push(provider)
  }
  if (providers.length === 0) giveUp('ONNX Runtime can use no GPU here')
  const rows: BenchmarkRow[] = []
  for (const label of process.env.CONFIGURATIONS?.split(',') ?? ['A', 'B', 'C']) {
    const found = cases[label]
    if (!found) throw new Error(`there is no configuration "${label}": take ${Object.keys(cases).join(', ')}`)
    const measured = await runCase(label, found, providers)
    rows.push(...measured)
  }
  return { name, machine: `${device}; ${machine()}`, rows }
}

async function runCase(label: string, found: Case, providers: readonly Provider[]): Promise<BenchmarkRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gpu-train-step-'))
  const started: PythonPeer[] = []
  try {
    const described = JSON.parse(await describeRun(folder, found.batch, found.config)) as object
    const input = (more: object): string => JSON.stringify({ ...described, ...more })
    const rows: BenchmarkRow[] = []
    const ours = new Map<Provider, PythonPeer>()
    for (const provider of providers) {
      const free = await usedMegabytes()
      const peer = await startOurs(input({ provider }))
      started.push(peer)
      ours.set(provider, peer)
      rows.push(...(await memoryRows(`${label} ${provider}`, peer, free)))
    }
    const eager = await startTorch(input({ device: 'cuda' }), 'eager')
    const compiled =
      process.env.COMPILE === '0' ? undefined : await startTorch(input({ device: 'cuda' }), 'compile')
    const peers = [eager, compiled].filter(peer => peer !== undefined)
    started.push(...peers)

    const tokens = found.batch * found.config.contextLength
    const contenders: [string, PythonPeer][] = [
      ...ours,
      ...peers.map(peer => [peer.name, peer] as const),
    ].map(([name, peer]) => [name, peer])
    const steps = new Map<string, number>()
    for (const [name, peer] of contenders) {
      steps.set(name, Math.max(3, Math.min(50, Math.round(0.5 / (await peer.run('step 3'))))))
    }
    const seconds = await inTurns(
      Object.fromEntries(contenders.map(([name, peer]) => [name, () => peer.run(`step ${steps.get(name)}`)])),
      { rounds: 7, warmup: 1 },
    )
    const flops = tokens * modelCost(found.config).flopsPerToken.training
    for (const provider of providers) {
      const rate = tokens / seconds[provider]!
      rows.push(
        alone(
          `${label} ${provider}`,
          `TFLOP/s of the products (${(flops / 1e9).toFixed(1)} GFLOP a step)`,
          flops / seconds[provider]! / 1e12,
        ),
      )
      for (const peer of peers) {
        const theirs = tokens / seconds[peer.name]!
        rows.push({
          case: `${label} ${provider}`,
          metric: 'tokens/s',
          ours: rate,
          peer: peer.name,
          peerValue: theirs,
          ratio: rate / theirs,
        })
      }
      if (peers.length === 0) rows.push(alone(`${label} ${provider}`, 'tokens/s', rate))
    }
    rows.push(
      ...(await agreement(label, input({ threads: Math.min(16, availableParallelism()) }), ours, eager)),
    )
    if (process.env.PROFILE === '1') {
      for (const [provider, peer] of ours)
        rows.push(...(await profileOf(`${label} ${provider}`, peer, join(folder, 'profile.json'))))
    }
    for (const [provider, peer] of ours) {
      const before = await usedMegabytes()
      await peer.run('dispose')
      rows.push(
        alone(
          `${label} ${provider}`,
          'MB of the card that dispose gives back',
          before - (await usedMegabytes()),
        ),
      )
    }
    return rows
  } finally {
    for (const peer of started) peer.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The card's memory after some steps, and how much more it is after many. */
async function memoryRows(label: string, peer: PythonPeer, free: number): Promise<BenchmarkRow[]> {
  await peer.run('step 20')
  const before = await usedMegabytes()
  await peer.run(`step ${growthSteps}`)
  const after = await usedMegabytes()
  return [
    alone(label, 'MB of the card, context included', before - free),
    alone(label, `MB more after ${growthSteps} steps`, after - before),
  ]
}

/**
 * Losses against the processor's and against a second run. AdamW makes much of little: what rounds differently is
 * further apart with each step, so what PyTorch on the card is apart from the processor stands beside it.
 */
async function agreement(
  label: string,
  input: string,
  ours: ReadonlyMap<Provider, PythonPeer>,
  eager: PythonPeer | undefined,
): Promise<BenchmarkRow[]> {
  const processor = await startOurs(input)
  const reference = await processor.runAll(`losses ${comparedSteps}`)
  processor.stop()
  const apart = (a: number[], b: number[], steps = comparedSteps): number =>
    Math.max(...a.slice(0, steps).map((loss, i) => Math.abs(loss / b[i]! - 1)))
  const theirs = await eager?.runAll(`losses ${comparedSteps}`)
  const rows: BenchmarkRow[] = []
  for (const [provider, peer] of ours) {
    const first = await peer.runAll(`losses ${comparedSteps}`)
    const second = await peer.runAll(`losses ${comparedSteps}`)
    for (const steps of [4, comparedSteps]) {
      const own = apart(first, reference, steps)
      const torch = theirs ? apart(theirs, reference, steps) : null
      rows.push({
        case: `${label} ${provider}`,
        metric: `relative difference of ${steps} losses from the processor's`,
        ours: own,
        peer: eager?.name ?? 'torch',
        peerValue: torch,
        ratio: torch === null || own === 0 ? null : torch / own,
      })
    }
    rows.push(
      alone(
        `${label} ${provider}`,
        `relative difference of ${comparedSteps} losses of a second run`,
        apart(second, first),
      ),
    )
  }
  return rows
}

/** Where a step's time goes, by operation: what takes at least a hundredth. */
async function profileOf(label: string, peer: PythonPeer, path: string): Promise<BenchmarkRow[]> {
  await peer.run(`profile ${path}`)
  const rows = JSON.parse(await readFile(path, 'utf8')) as ProfileRow[]
  return rows
    .filter(({ share }) => share >= 0.01)
    .map(({ op, calls, milliseconds, share }) =>
      alone(label, `ms a step in ${calls} ${op}, ${Math.round(100 * share)} %`, milliseconds),
    )
}

async function isThere(provider: Provider): Promise<boolean> {
  try {
    await (await createRuntime({ providers: [provider], threads: 1 })).dispose()
    return true
  } catch (error) {
    if (!CompilerError.isInstance(error) || error.code !== 'missing-provider') throw error
    console.error(error.message)
    return false
  }
}

async function nvidiaSmi(query: string): Promise<string> {
  const { stdout } = await promisify(execFile)('nvidia-smi', [
    `--query-gpu=${query}`,
    '--format=csv,noheader,nounits',
  ])
  return stdout.trim().split('\n')[0]!
}

async function graphicsCard(): Promise<string> {
  return nvidiaSmi('name').catch(() =>
    giveUp('this benchmark needs an NVIDIA card with its driver: nvidia-smi does not run here'),
  )
}

function giveUp(reason: string): never {
  console.error(`error: ${reason}`)
  process.exit(1)
}

async function usedMegabytes(): Promise<number> {
  return Number(await nvidiaSmi('memory.used'))
}

function startTorch(input: string, mode: 'eager' | 'compile'): Promise<PythonPeer | undefined> {
  return startPythonPeer({
    script: 'train-step-peer.py',
    input,
    args: [mode],
    env: {},
    install: 'pip install torch',
  })
}
