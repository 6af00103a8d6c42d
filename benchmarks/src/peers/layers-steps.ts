/**
 * One contender of the benchmark `layers-step`, in a process of its own so that neither waits for the other's threads:
 * its file says which model and which engine. It answers `ready NAME`, and each line `step N` with the seconds that N
 * training steps took and the loss of each.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import * as tf from '@tensorflow/tfjs-core'
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'

export interface LayersSteps {
  model: keyof typeof models
  engine: 'compiled' | 'wasm' | 'cpu'
}

type Shape = [number, ...number[]]

/** Models, and the shape of one batch of their inputs. */
const models = {
  mlp: {
    shape: [64, 784] as Shape,
    make: (): LayersModel =>
      sequential({
        layers: [
          layers.dense({ ...weights(1), units: 256, activation: 'relu', inputShape: [784] }),
          layers.dense({ ...weights(2), units: 128, activation: 'relu' }),
          layers.dense({ ...weights(3), units: 10 }),
        ],
      }),
  },
  cnn: {
    shape: [8, 28, 28, 1] as Shape,
    make: (): LayersModel =>
      sequential({
        layers: [
          layers.conv2d({
            ...weights(1),
            filters: 16,
            kernelSize: 3,
            activation: 'relu',
            inputShape: [28, 28, 1],
          }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ ...weights(2), filters: 32, kernelSize: 3, activation: 'relu' }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.flatten(),
          layers.dense({ ...weights(3), units: 10 }),
        ],
      }),
  },
  lstm: {
    shape: [32, 20, 32] as Shape,
    make: (): LayersModel =>
      sequential({
        layers: [
          layers.lstm({
            ...weights(1),
            units: 64,
            inputShape: [20, 32],
            recurrentInitializer: initializers.glorotUniform({ seed: 4 }),
          }),
          layers.dense({ ...weights(2), units: 10 }),
        ],
      }),
  },
}

const { model: label, engine } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as LayersSteps
const { shape, make } = models[label]
await useBackend(engine === 'compiled' ? 'cpu' : engine)
const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * i))
const y = new Float32Array(shape[0] * 10)
for (let i = 0; i < shape[0]; i++) y[i * 10 + (i % 10)] = 1
const model = make()
const optimizer = tf.train.adam(0.001)
const step = engine === 'compiled' ? await compiledStep() : eagerStep

console.log(`ready ${engine}`)
for await (const line of createInterface({ input: process.stdin })) {
  const losses: number[] = []
  const began = performance.now()
  for (let i = Number(line.split(' ')[1]); i > 0; i--) losses.push(await step())
  console.log([(performance.now() - began) / 1000, ...losses].join(' '))
}

function train(batch: { x: tf.Tensor; y: tf.Tensor }): { loss: tf.Tensor } {
  const loss = optimizer.minimize(
    () =>
      tf.losses.softmaxCrossEntropy(
        batch.y,
        model.apply(batch.x, { training: true }) as tf.Tensor,
      ) as tf.Scalar,
    true,
  )!
  return { loss }
}

async function compiledStep(): Promise<() => Promise<number>> {
  const runtime = await createRuntime()
  const compiled = await runtime.compile(
    train,
    { x: { shape, dtype: 'float32' }, y: { shape: [shape[0], 10], dtype: 'float32' } },
    { variables: true },
  )
  return async () => (await compiled.run({ x, y })).loss[0]!
}

async function eagerStep(): Promise<number> {
  const loss = tf.tidy(() => train({ x: tf.tensor(x, shape), y: tf.tensor(y, [shape[0], 10]) }).loss)
  const [value] = await loss.data()
  loss.dispose()
  return value!
}

/** The same weights in every process. */
function weights(seed: number): { kernelInitializer: ReturnType<typeof initializers.glorotUniform> } {
  return { kernelInitializer: initializers.glorotUniform({ seed }) }
}
