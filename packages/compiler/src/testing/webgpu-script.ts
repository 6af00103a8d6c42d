/**
 * Run by a test as a process of its own, with `--expose-gc`: trains a small model with its state on a WebGPU device and
 * prints what came of it as JSON, or that there is no device.
 */
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { CompilerError } from '../errors.ts'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime, RuntimeOptions } from '../runtime/runtime.ts'
import { randomData, randomNumbers } from './random.ts'

type Net = { table: tf.Tensor; weight: tf.Tensor; bias: tf.Tensor }
type Inputs = { net: Net; velocity: Net; ids: tf.Tensor; targets: tf.Tensor; rate: tf.Tensor }

const specs = {
  table: { shape: [11, 8], dtype: 'float32' },
  weight: { shape: [8, 11], dtype: 'float32' },
  bias: { shape: [11], dtype: 'float32' },
} as const
const names = ['table', 'weight', 'bias'] as const
const ids = { shape: [24], dtype: 'int32' } as const

/** A classifier of ids, many of which occur several times, trained with momentum. */
function trainStep({ net, velocity, ids, targets, rate }: Inputs): {
  net: Net
  velocity: Net
  loss: tf.Tensor
} {
  const { value, grads } = tf.valueAndGrads((table: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => {
    const rows = tf.tanh(tf.gather(table, ids as tf.Tensor1D))
    const logits = tf.add(tf.matMul(rows as tf.Tensor2D, weight as tf.Tensor2D), bias)
    const picked = tf.mul(tf.logSoftmax(logits), tf.oneHot(targets as tf.Tensor1D, 11))
    return tf.neg(tf.mean(tf.sum(picked, -1))) as tf.Scalar
  })(names.map(name => net[name]))
  const next = {} as Net
  const nextVelocity = {} as Net
  names.forEach((name, i) => {
    nextVelocity[name] = tf.add(tf.mul(velocity[name], 0.9), grads[i]!)
    next[name] = tf.sub(net[name], tf.mul(nextVelocity[name], rate))
  })
  return { net: next, velocity: nextVelocity, loss: value }
}

function initial(seed: number, scale: number): Record<keyof Net, Float32Array> {
  const next = randomNumbers(seed)
  const data = (name: keyof Net): Float32Array => randomData(specs[name], next, -scale, scale) as Float32Array
  return { table: data('table'), weight: data('weight'), bias: data('bias') }
}

async function train(providers: RuntimeOptions['providers'], steps: number): Promise<object> {
  const runtime = await createRuntime({ threads: 1, ...(providers && { providers }) })
  await runtime.write({ net: initial(1, 0.5), velocity: initial(2, 0) })
  const step = await runtime.compile(
    trainStep,
    { net: specs, velocity: specs, ids, targets: ids, rate: { shape: [], dtype: 'float32' } },
    { state: ['net', 'velocity'] },
  )
  const resident: number[] = []
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const next = randomNumbers(100 + (i % 7))
    const data = (): Int32Array => randomData(ids, next, 0, 11) as Int32Array
    const { loss } = await step.run({ ids: data(), targets: data(), rate: Float32Array.of(0.1) })
    losses.push(loss[0]!)
    if (i % 50 === 49) {
      ;(globalThis as unknown as { gc(): void }).gc()
      resident.push(process.memoryUsage().rss)
    }
  }
  const net = Object.values(await runtime.read('net')).flatMap(values => [...(values as Float32Array)])
  const inForce = runtime.providers
  await runtime.dispose()
  return { losses, net, inForce, resident }
}

/** Reading, writing and replacing, with all types that a state can have. */
async function exchange(): Promise<object> {
  const runtime: Runtime = await createRuntime({ providers: ['webgpu'], threads: 1 })
  await runtime.write({
    pair: { a: Float32Array.of(1, 2), b: Float32Array.of(3, 4) },
    count: { n: Int32Array.of(5) },
    flags: { on: Uint8Array.of(1, 0) },
  })
  type State = { pair: { a: tf.Tensor; b: tf.Tensor }; count: { n: tf.Tensor }; flags: { on: tf.Tensor } }
  const example = {
    pair: { a: { shape: [2], dtype: 'float32' }, b: { shape: [2], dtype: 'float32' } },
    count: { n: { shape: [1], dtype: 'int32' } },
    flags: { on: { shape: [2], dtype: 'bool' } },
  } as const
  const options = { state: ['pair', 'count', 'flags'] }
  const swap = await runtime.compile(
    ({ pair, count, flags }: State) => ({
      pair: { a: pair.b, b: pair.a },
      count: { n: tf.add(count.n, tf.scalar(1, 'int32')) },
      flags: { on: tf.logicalNot(flags.on) },
    }),
    example,
    options,
  )
  const look = await runtime.compile(
    ({ pair, count, flags }: State) => ({ sum: tf.add(pair.a, 10), n: count.n, on: flags.on }),
    example,
    options,
  )
  const seen: unknown[] = []
  const plain = (value: unknown): unknown =>
    ArrayBuffer.isView(value)
      ? [...(value as Float32Array)]
      : Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, plain(inner)]))
  for (let i = 0; i < 3; i++) {
    await swap.run({})
    seen.push(plain(await look.run({})))
  }
  await swap.dispose()
  await runtime.write({ pair: { b: Float32Array.of(8, 9) }, flags: { on: Uint8Array.of(1, 1) } })
  for (const key of ['pair', 'count', 'flags']) seen.push(plain(await runtime.read(key)))
  seen.push(plain(await look.run({})))
  await runtime.dispose()
  return seen
}

await useBackend('cpu')
try {
  const device = [await train(['webgpu', 'cpu'], 200), await train(['webgpu'], 10)]
  const result = { device, cpu: await train(undefined, 10), exchange: await exchange() }
  process.stdout.write(JSON.stringify({ result }))
} catch (error) {
  if (!CompilerError.isInstance(error) || error.code !== 'missing-provider') throw error
  process.stdout.write(JSON.stringify({ missing: error.message }))
}
