/**
 * The other side of `train-step-peer.py`, in a process of its own so that memory compares: it takes the same file and
 * answers the same commands, and besides: `setup N`, the seconds that tracing and loading a step of N layers take, and
 * `profile PATH`, the milliseconds of a step's operations, which it writes to a file by kind, and `dispose`, which ends the
 * engine before the process.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { compile, createRuntime, profileByOperation } from '@tinystories/compiler'
import { evaluateLoss, type GptConfig, initParameterArrays, loss, parameterShapes } from '@tinystories/model'
import {
  adamW,
  createEngine,
  type Engine,
  type EngineState,
  type TokenBatch,
  type TrainableModel,
} from '@tinystories/trainer'

interface Given {
  config: GptConfig
  shapes: Record<string, number[]>
  parameters: string
  batch: number
  threads: number
  /** The execution provider; by default the processor's. */
  provider?: 'cpu' | 'cuda' | 'webgpu'
  learningRate: number
  batches: { inputs: number[]; targets: number[] }[]
}

const given = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Given
const optimizer = adamW()
const providers = [given.provider ?? 'cpu']
await useBackend('cpu')

const batches = given.batches.map(({ inputs, targets }): TokenBatch => {
  const shape: [number, number] = [given.batch, given.config.contextLength]
  return {
    inputs: Int32Array.from(inputs),
    targets: Int32Array.from(targets),
    mask: new Float32Array(inputs.length).fill(1),
    shape,
    bytes: inputs.length,
  }
})

function initialArrays(): Record<string, Float32Array> {
  const bytes = readFileSync(given.parameters)
  let at = 0
  return Object.fromEntries(
    Object.entries(given.shapes).map(([name, shape]) => {
      const size = tf.util.sizeFromShape(shape)
      const values = new Float32Array(size)
      new Uint8Array(values.buffer).set(bytes.subarray(at, at + 4 * size))
      at += 4 * size
      return [name, values]
    }),
  )
}

async function start(config: GptConfig, arrays: Record<string, Float32Array>): Promise<Engine> {
  const shapes = parameterShapes(config)
  const parameters = Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, shapes[name]!)]),
  )
  const model: TrainableModel = {
    parameters,
    loss: (parameters, batch) => loss(config, parameters, batch),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
  const { engine } = await createEngine({
    model,
    optimizer,
    engine: 'compiled',
    threads: given.threads,
    runtime: { providers },
  })
  const zeros = (): Record<string, Float32Array> =>
    Object.fromEntries(Object.entries(arrays).map(([name, { length }]) => [name, new Float32Array(length)]))
  const state: EngineState = {
    parameters: arrays,
    optimizer: { '1.firstMoment': zeros(), '1.secondMoment': zeros() },
  }
  await engine.load(state, { transfer: true })
  tf.dispose(parameters)
  return engine
}

const stepOf = async (engine: Engine, i: number): Promise<number> => {
  const scalars = { learningRate: given.learningRate, ...optimizer.scalars(i + 1) }
  return (await engine.step(batches[i % batches.length]!, scalars)).loss
}

/** GFLOP/s of the product that the peer measures, a chain of ten of them so that the call itself weighs little. */
async function matmul(): Promise<number> {
  const products = 10
  const compiled = await compile(
    ({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }) => {
      let y = a
      for (let i = 0; i < products; i++) y = tf.matMul(y, b)
      return { y: tf.max(y) }
    },
    { a: { shape: [2048, 1024], dtype: 'float32' }, b: { shape: [1024, 1024], dtype: 'float32' } },
    { threads: given.threads, providers },
  )
  const inputs = {
    a: Float32Array.from({ length: 2048 * 1024 }, (_, i) => (i % 7) - 3),
    b: Float32Array.from({ length: 1024 * 1024 }, (_, i) => ((i % 5) - 2) / 64),
  }
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 6; i++) {
    const began = performance.now()
    await compiled.run(inputs)
    best = Math.min(best, performance.now() - began)
  }
  await compiled.dispose()
  return (products * 2 * 2048 * 1024 * 1024) / best / 1e6
}

async function setup(layers: number): Promise<number> {
  const attention = Array.from({ length: layers }, () => given.config.attention[0]!)
  const config = { ...given.config, layers, attention }
  const engine = await start(config, initParameterArrays(config, 1))
  const first = performance.now()
  await stepOf(engine, 0)
  const second = performance.now()
  await stepOf(engine, 1)
  const third = performance.now()
  await engine.dispose()
  // The first step traces, loads and runs; the second only runs.
  return Math.max(1e-9, (2 * second - first - third) / 1000)
}

/** The step written out, for the engine hides its graph. */
async function profile(path: string): Promise<number> {
  const steps = 8
  const folder = mkdtempSync(join(tmpdir(), 'train-step-profile-'))
  const runtime = await createRuntime({ threads: given.threads, providers })
  const arrays = initialArrays()
  const zeros = (): Record<string, Float32Array> =>
    Object.fromEntries(Object.entries(arrays).map(([name, { length }]) => [name, new Float32Array(length)]))
  await runtime.write({
    parameters: arrays,
    optimizer: { '1.firstMoment': zeros(), '1.secondMoment': zeros() },
  })
  const specs = Object.fromEntries(
    Object.entries(given.shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]),
  )
  const names = Object.keys(specs)
  const record = (tensors: tf.Tensor[]): Record<string, tf.Tensor> =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
  const ids = { shape: [given.batch, given.config.contextLength], dtype: 'int32' } as const
  const scalars = { learningRate: given.learningRate, ...optimizer.scalars(1) }
  interface Inputs {
    parameters: Record<string, tf.Tensor>
    optimizer: Record<string, Record<string, tf.Tensor>>
    batch: { inputs: tf.Tensor; targets: tf.Tensor }
    scalars: Record<string, tf.Scalar>
  }
  const compiled = await runtime.compile(
    (inputs: Inputs) => {
      const { parameters, batch } = inputs
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) =>
        loss(given.config, record(tensors), batch),
      )(names.map(name => parameters[name]!))
      const gradientNorm = tf.sqrt(tf.addN(grads.map(grad => tf.sum(tf.square(grad))))) as tf.Scalar
      const { updates, state } = optimizer.update(record(grads), inputs.optimizer, {
        parameters,
        gradientNorm,
        scalars: inputs.scalars,
      })
      const next = names.map(name => tf.sub(parameters[name]!, updates[name]!))
      return { parameters: record(next), optimizer: state, loss: value }
    },
    {
      parameters: specs,
      optimizer: { '1.firstMoment': specs, '1.secondMoment': specs },
      batch: { inputs: ids, targets: ids },
      scalars: Object.fromEntries(
        Object.keys(scalars).map(name => [name, { shape: [], dtype: 'float32' as const }]),
      ),
    },
    { state: ['parameters', 'optimizer'], profile: join(folder, 'step') },
  )
  const { inputs, targets } = batches[0]!
  for (let i = 0; i < steps; i++) {
    await compiled.run({
      batch: { inputs, targets },
      scalars: Object.fromEntries(
        Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]),
      ),
    })
  }
  await compiled.dispose()
  await runtime.dispose()
  const rows = profileByOperation(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')).map(row => ({
    ...row,
    calls: row.calls / steps,
    milliseconds: row.milliseconds / steps,
  }))
  rmSync(folder, { recursive: true })
  writeFileSync(path, JSON.stringify(rows))
  return rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
}

const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
const resident = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024

const engine = await start(given.config, initialArrays())
console.log('ready @tinystories/compiler')
let taken = 0
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ')
  if (command === 'step') {
    const began = performance.now()
    for (let i = 0; i < Number(argument); i++) await stepOf(engine, taken++)
    console.log((performance.now() - began) / 1000 / Number(argument))
  } else if (command === 'losses') {
    const fresh = await start(given.config, initialArrays())
    const losses: number[] = []
    for (let i = 0; i < Number(argument); i++) losses.push(await stepOf(fresh, i))
    await fresh.dispose()
    console.log(losses.join(' '))
  } else if (command === 'matmul') console.log(await matmul())
  else if (command === 'setup') console.log(await setup(Number(argument)))
  else if (command === 'profile') console.log(await profile(argument!))
  else if (command === 'dispose') {
    await engine.dispose()
    console.log(1)
  } else if (command === 'resident') console.log(resident())
  else console.log(peak())
}
await engine.dispose()
