import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { averageSlot } from '../optimizers/average-weights.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import { makeUpdate } from '../train-step.ts'
import type { ArrayRecord, Engine, TokenBatch, TrainableModel } from '../types.ts'
import { EagerState } from './eager-state.ts'
import { countTokens, microBatches } from './micro-batches.ts'
import type { ParameterLayout, Rows } from './parallel-messages.ts'
import { ParallelWorker } from './parallel-worker-handle.ts'
import { scalarTensors, toTensors } from './tensors.ts'

export interface ParallelEngineOptions {
  /** `model.source` tells the workers where its functions are. */
  model: TrainableModel
  optimizer: Optimizer
  backend: 'wasm' | 'cpu'
  /** Worker threads; each takes a share of the rows of every batch. */
  workers: number
}

/**
 * Data-parallel training in Node on a tfjs backend that has one thread: each worker computes the gradients of its
 * share of a batch into shared memory, the main thread adds them up in the order of the workers and makes the update.
 * So the result depends on the number of workers, and on nothing else, to the bit.
 *
 * @throws RangeError when the model says not where its functions are, and what `useBackend` throws.
 */
export async function createParallelEngine({
  model,
  optimizer,
  backend,
  workers: count,
}: ParallelEngineOptions): Promise<Engine> {
  const { source } = model
  if (!source) {
    throw new RangeError(
      `workers: ${count}: the model does not say where worker threads find it. Give it a \`source\` (a module's URL, the name of its function and an argument), or take one worker.`,
    )
  }
  await useBackend(backend)
  const layout = layoutOf(model)
  const { names, offsets, shapes, size } = layout
  const shared = (): Float32Array => new Float32Array(new SharedArrayBuffer(size * 4))
  const [parameters, average] = [shared(), shared()]
  const gradients = Array.from({ length: count }, shared)
  const update = makeUpdate(optimizer)
  const state = new EagerState(shapes)

  const publish = async (): Promise<void> => {
    for (const [tensors, flat] of [
      [state.parameters, parameters],
      [state.optimizer[averageSlot] ?? {}, average],
    ] as const) {
      for (const [name, tensor] of Object.entries(tensors)) {
        flat.set((await tensor.data()) as Float32Array, offsets[name]!)
      }
    }
  }

  /** Sums in the order of the workers, rounded once. */
  const sumOfGradients = (used: number): ArrayRecord => {
    const [first, ...others] = gradients.slice(0, used) as [Float32Array, ...Float32Array[]]
    const total = first.slice()
    for (let i = 0; i < size && others.length > 0; i++) {
      let sum = first[i]!
      for (const other of others) sum += other[i]!
      total[i] = sum
    }
    return Object.fromEntries(
      names.map(name => {
        const length = shapes[name]!.reduce((a, b) => a * b, 1)
        return [name, total.subarray(offsets[name]!, offsets[name]! + length)]
      }),
    )
  }

  const workers: ParallelWorker[] = []
  const dispose = async (): Promise<void> => {
    await Promise.all(workers.map(worker => worker.stop()))
    state.release()
  }
  try {
    for (const own of gradients) {
      const data = { source, backend, layout, parameters, average, gradients: own }
      workers.push(await ParallelWorker.start(data))
    }
    await Promise.all(workers.map(worker => worker.ready()))
  } catch (error) {
    await dispose()
    throw error
  }

  return {
    name: backend,
    description: `tfjs ${backend}, op by op, data-parallel on ${count} worker threads`,
    async load(loaded) {
      state.load(loaded)
      await publish()
    },
    async step(batch, numbers) {
      let loss = 0
      let used = 0
      for (const { batch: micro, weight } of microBatches(batch)) {
        const shares = sharesOf(micro, count)
        const tokens = countTokens(micro)
        const usedBefore = used
        used = Math.max(used, shares.length)
        const losses = await Promise.all(
          shares.map((rows, worker) => {
            const share = tokens === 0 ? 0 : (weight * countTokens(rows as TokenBatch)) / tokens
            return workers[worker]!.gradients(rows, share, worker >= usedBefore).then(l => share * l)
          }),
        )
        loss += losses.reduce((a, b) => a + b, 0)
      }
      const sums = toTensors(sumOfGradients(used), shapes)
      const scalars = scalarTensors(numbers)
      const { parameters, optimizer } = state
      const outputs = tf.tidy(() => ({ ...update({ parameters, optimizer, gradients: sums, scalars }) }))
      tf.dispose([sums, scalars])
      const figures = await state.take(outputs)
      await publish()
      return { loss, ...figures }
    },
    async evaluate(batch, weights = 'parameters') {
      const parts = await Promise.all(
        sharesOf(batch, count).map((rows, i) => workers[i]!.evaluate(rows, weights)),
      )
      const sum = (name: 'nats' | 'tokens' | 'correct'): number => parts.reduce((s, p) => s + p[name], 0)
      return { nats: sum('nats'), tokens: sum('tokens'), correct: sum('correct') }
    },
    save: () => state.save(),
    dispose,
  }
}

/** The rows of a batch in as many parts of nearly equal size as there are workers, or rows. */
function sharesOf(batch: TokenBatch, workers: number): Rows[] {
  const [rows, length] = batch.shape
  const parts = Math.min(rows, workers)
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [part, part + 1].map(edge => Math.floor((edge * rows) / parts)) as [number, number]
    const cut = <T extends Int32Array | Float32Array>(values: T): T =>
      values.slice(from * length, to * length) as T
    return {
      inputs: cut(batch.inputs),
      targets: cut(batch.targets),
      mask: cut(batch.mask),
      shape: [to - from, length],
    }
  })
}

function layoutOf({ parameters }: TrainableModel): ParameterLayout {
  const layout: ParameterLayout = { names: Object.keys(parameters), shapes: {}, offsets: {}, size: 0 }
  for (const [name, { shape, size }] of Object.entries(parameters)) {
    layout.shapes[name] = shape
    layout.offsets[name] = layout.size
    layout.size += size
  }
  return layout
}
