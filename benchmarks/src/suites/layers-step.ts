import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'
import { type BenchmarkResult, type BenchmarkRow, inTurns, machine } from '../harness.ts'

export const name = 'layers-step'
export const description =
  "a training step of models of tfjs-layers with Adam: compiled, and on tfjs's wasm backend with our kernels (the CNN, which that cannot train, on its cpu backend)"

type Shape = [number, ...number[]]

/** A model, and the shape of one batch of its inputs. */
const models: Record<string, { shape: Shape; backend?: 'cpu'; make: () => LayersModel }> = {
  'MLP of 784, 256, 128, 10, batch 64': {
    shape: [64, 784],
    make: () =>
      sequential({
        layers: [
          layers.dense({ units: 256, activation: 'relu', inputShape: [784] }),
          layers.dense({ units: 128, activation: 'relu' }),
          layers.dense({ units: 10 }),
        ],
      }),
  },
  'CNN on 28 x 28, 16 and 32 filters, batch 8': {
    shape: [8, 28, 28, 1],
    backend: 'cpu', // tfjs's wasm backend has no gradient of a convolution by its filter
    make: () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ units: 10 }),
        ],
      }),
  },
  'LSTM of 64, 20 steps of 32, batch 32': {
    shape: [32, 20, 32],
    make: () =>
      sequential({
        layers: [
          layers.lstm({ units: 64, inputShape: [20, 32], recurrentInitializer: 'glorotUniform' }),
          layers.dense({ units: 10 }),
        ],
      }),
  },
}

/** Milliseconds of a step, and how far the first losses lie apart. */
export async function run(): Promise<BenchmarkResult> {
  const rows: BenchmarkRow[] = []
  for (const [label, { shape, backend = 'wasm', make }] of Object.entries(models)) {
    await useBackend(backend)
    const [compiledModel, model] = [make(), make()]
    compiledModel.setWeights(model.getWeights())
    const size = shape.reduce((a, b) => a * b, 1)
    const x = Float32Array.from({ length: size }, (_, i) => Math.sin(i * i))
    const y = new Float32Array(shape[0] * 10)
    for (let i = 0; i < shape[0]; i++) y[i * 10 + (i % 10)] = 1

    const runtime = await createRuntime()
    const compiled = await runtime.compile(
      stepOf(compiledModel),
      { x: { shape, dtype: 'float32' }, y: { shape: [shape[0], 10], dtype: 'float32' } },
      { variables: true },
    )
    const eagerStep = stepOf(model)
    const losses: [number, number][] = []
    let [last, lastEager] = [0, 0]
    const times = await inTurns(
      {
        compiled: () =>
          timed(async () => {
            last = (await compiled.run({ x, y })).loss[0]!
          }),
        tfjs: async () => {
          const time = await timed(async () => {
            const loss = tf.tidy(
              () => eagerStep({ x: tf.tensor(x, shape), y: tf.tensor(y, [shape[0], 10]) }).loss,
            )
            lastEager = (await loss.data())[0]!
            loss.dispose()
          })
          losses.push([last, lastEager])
          return time
        },
      },
      { rounds: 9, warmup: 2 },
    )
    await runtime.dispose()
    tf.disposeVariables()
    rows.push({
      ...{ case: label, metric: 'ms a step', ours: times.compiled },
      ...{
        peer: backend === 'cpu' ? 'tfjs cpu' : 'tfjs wasm with the missing kernels filled in',
        peerValue: times.tfjs,
        ratio: times.tfjs / times.compiled,
      },
    })
    const apart = Math.max(...losses.map(([a, b]) => Math.abs(a / b - 1)))
    rows.push({
      ...{
        case: `${label}: losses of ${losses.length} steps`,
        metric: 'largest relative difference',
        ours: apart,
      },
      ...{ peer: 'bound', peerValue: 1e-3, ratio: 1e-3 / apart },
    })
  }
  return { name, machine: machine(), rows }
}

function stepOf(model: LayersModel): (batch: { x: tf.Tensor; y: tf.Tensor }) => { loss: tf.Tensor } {
  const optimizer = tf.train.adam(0.001)
  return ({ x, y }) => ({
    loss: optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar,
      true,
    )!,
  })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
