import { useBackend } from '@tinystories/backends'
import { builtin } from '@tinystories/utils/node'
import { WorkerClient } from '@tinystories/utils/workers'
import { TrainerError } from '../errors.ts'
import { averagedParameters } from '../optimizers/average-weights.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { ArrayRecord, Engine, TokenBatch, TrainableModel } from '../types.ts'
import { largestGradient } from './largest-gradient.ts'
import { countTokens, microBatches } from './micro-batches.ts'
import type { ParallelMethods, ParallelWorkerData, Rows } from './parallel-worker.ts'
import { distribute, layoutOf, viewsOf } from './parameter-layout.ts'
import { ParameterShare, type SharedArrays, type ShareOwner, type Slots } from './parameter-share.ts'
import { rangesOf } from './sum-gradients.ts'

/** Options of an engine whose batches are divided among worker threads. */
export interface ParallelEngineOptions {
  /** The workers find its functions by `model.source`. */
  model: TrainableModel
  /** With a `source`, which all of this package but `partition` have, the workers share its work too. */
  optimizer: Optimizer
  backend: 'wasm' | 'cpu'
  /** Worker threads; each takes a share of the rows of every batch. */
  workers: number
}

/**
 * Data-parallel training in Node on a tfjs backend that has one thread. Each worker computes the gradients of its rows
 * of a batch into shared memory; then each sums its range of them, in the order of the workers; then each updates the
 * parameters that it owns (as ZeRO does: Rajbhandari and others, 2020). The result is bit-exact for a given number of
 * workers.
 *
 * @throws TrainerError `missing-option` when the model has no source; what `useBackend` throws; WorkerError when a thread fails
 */
export async function createParallelEngine({
  model,
  optimizer,
  backend,
  workers: count,
}: ParallelEngineOptions): Promise<Engine> {
  const { source } = model
  if (!source)
    throw new TrainerError('missing-option', { option: 'model.source', neededBy: `workers: ${count}` })
  await useBackend(backend)
  const layout = layoutOf(model.parameters)
  const { names } = layout
  const flat = (): Float32Array => new Float32Array(new SharedArrayBuffer(layout.size * 4))
  const shared: SharedArrays = {
    layout,
    parameters: flat(),
    average: flat(),
    gradients: Array.from({ length: count }, flat),
    total: flat(),
  }
  const ranges = rangesOf(layout.size, count)

  const workers: WorkerClient<ParallelMethods>[] = []
  const inMainThread = optimizer.source ? undefined : new ParameterShare(names, shared, optimizer)
  const shares = inMainThread ? [names] : distribute(layout, count)
  const ownerOf = (share: number): ShareOwner => {
    if (inMainThread) return inMainThread
    const worker = workers[share]!
    return {
      load: slots => worker.call('load', slots),
      update: (gradientNorm, numbers) => worker.call('update', { gradientNorm, numbers }),
      save: () => worker.call('save', undefined),
    }
  }
  /** Does something with every share that has parameters, in parallel. */
  const everyShare = <T>(what: (owner: ShareOwner, names: string[]) => Promise<T>): Promise<T[]> =>
    Promise.all(shares.flatMap((names, i) => (names.length > 0 ? [what(ownerOf(i), names)] : [])))

  const dispose = async (): Promise<void> => {
    await Promise.all(workers.map(worker => worker.close()))
    inMainThread?.release()
  }
  try {
    for (let index = 0; index < count; index++) {
      const share = optimizer.source && { names: shares[index]!, optimizer: optimizer.source }
      workers.push(await startWorker({ source, backend, shared, index, share }))
    }
    await Promise.all(workers.map(worker => worker.call('ready', undefined)))
  } catch (error) {
    await dispose()
    throw error
  }
  /** Names of the parameters in each slot of the optimizer, in their order. */
  let slots: Record<string, string[]> = {}

  return {
    name: backend,
    description: `tfjs ${backend}, op by op, data-parallel on ${count} worker threads`,
    async load({ parameters, optimizer }) {
      copyInto(viewsOf(shared.parameters, layout), parameters)
      copyInto(viewsOf(shared.average, layout), averagedParameters(parameters, optimizer) ?? {})
      slots = Object.fromEntries(Object.entries(optimizer).map(([slot, own]) => [slot, Object.keys(own)]))
      await everyShare((owner, names) => owner.load(pickFrom(optimizer, names)))
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
            return workers[worker]!.call('gradients', {
              rows,
              weight: share,
              first: worker >= usedBefore,
            }).then(loss => share * loss)
          }),
        )
        loss += losses.reduce((a, b) => a + b, 0)
      }
      const parts = await Promise.all(
        ranges.map((range, i) => workers[i]!.call('sumGradients', { used, range })),
      )
      const squares = names.map((_, i) => parts.reduce((sum, part) => sum + part[i]!, 0))
      const gradientNorm = Math.sqrt(squares.reduce((a, b) => a + b, 0))
      await everyShare(owner => owner.update(gradientNorm, numbers))
      return { loss, gradientNorm, largestGradient: largestGradient(names, squares) }
    },
    async evaluate(batch, weights = 'parameters') {
      const parts = await Promise.all(
        sharesOf(batch, count).map((rows, i) => workers[i]!.call('evaluate', { rows, weights })),
      )
      const sum = (name: 'nats' | 'tokens' | 'correct'): number => parts.reduce((s, p) => s + p[name], 0)
      return { nats: sum('nats'), tokens: sum('tokens'), correct: sum('correct') }
    },
    async save() {
      const parts = await everyShare(owner => owner.save())
      const optimizer: Slots = {}
      for (const [slot, names] of Object.entries(slots)) {
        const all = Object.assign({}, ...parts.map(part => part[slot])) as ArrayRecord
        optimizer[slot] = Object.fromEntries(names.map(name => [name, all[name]!]))
      }
      // Copies, because the shared ones keep changing.
      const views = Object.entries(viewsOf(shared.parameters, layout))
      return { parameters: Object.fromEntries(views.map(([name, view]) => [name, view.slice()])), optimizer }
    },
    dispose,
  }
}

async function startWorker(workerData: ParallelWorkerData): Promise<WorkerClient<ParallelMethods>> {
  const { Worker } = builtin('node:worker_threads')
  const file = import.meta.url.endsWith('.ts') ? './parallel-worker.ts' : './parallel-worker.js'
  return new WorkerClient(
    new Worker(new URL(/* webpackIgnore: true */ file, import.meta.url), { workerData }),
    'training worker',
  )
}

function copyInto(views: ArrayRecord, from: ArrayRecord): void {
  for (const [name, values] of Object.entries(from)) views[name]!.set(values)
}

/** What the slots have of these parameters. */
function pickFrom(slots: Slots, names: readonly string[]): Slots {
  return Object.fromEntries(
    Object.entries(slots).map(([slot, arrays]) => [
      slot,
      Object.fromEntries(names.filter(name => name in arrays).map(name => [name, arrays[name]!])),
    ]),
  )
}

/** Whole numbers below it are exact in float32. */
const seeds = 2 ** 24

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
      // Rows are numbered from 0 in each share.
      ...(batch.seed !== undefined && { seed: (batch.seed * parts + part) % seeds }),
    }
  })
}
