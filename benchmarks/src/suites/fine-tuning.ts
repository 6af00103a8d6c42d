import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { openStories } from '@tinystories/dataset'
import {
  type AdapterConfig,
  adapterShapes,
  forward,
  mergeAdapter,
  type Parameters,
  parameterShapes,
} from '@tinystories/model'
import {
  baseParameters,
  loadAdapter,
  loadPretrainedArrays,
  saveAdapter,
  saveSafetensors,
} from '@tinystories/model/files'
import { trainableModel } from '@tinystories/pipeline/recipe'
import { loadTokenizer } from '@tinystories/tokenizer'
import { type ArrayRecord, adamW, createTrainer, type TokenBatch } from '@tinystories/trainer'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'
import { startPythonPeer } from '../python-peer.ts'

export const name = 'fine-tuning'
export const description =
  'a random GPT-Neo with the tokenizer of GPT-2, fine-tuned whole and with adapters, against PyTorch and PEFT: losses of 100 steps, logits of the export (TINYSTORIES_DATA names the folder of data)'

const steps = 100
const shape: [number, number] = [4, 48]
const learningRate = 1e-3
const lossBound = 1e-3
const logitBound = 1e-5
const adapter = { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'v_proj', 'c_fc'] }

/** Both sides start from the files that PyTorch wrote and train on the same batches; each row says how far they end up apart. */
export async function run(): Promise<BenchmarkResult> {
  const result: BenchmarkResult = { name, machine: machine(), rows: [] }
  const folder = await mkdtemp(join(tmpdir(), 'fine-tuning-'))
  try {
    const data = process.env.TINYSTORIES_DATA ?? new URL('../../../../shared/data', import.meta.url).pathname
    const batches = await gpt2Batches(join(data, 'gpt2-tokenizer'))
    const ids = [...batches[0]!.inputs.subarray(0, 40)]
    const plain = batches.map(({ inputs, targets }) => ({ inputs: [...inputs], targets: [...targets] }))
    const peer = await startPythonPeer({
      script: 'fine-tuning-peer.py',
      input: JSON.stringify({ folder, batches: plain, shape, learningRate, adapter, ids }),
      env: {},
      install: 'pip install torch transformers peft',
    })
    if (!peer) return result
    const row = (label: string, metric: string, apart: number, bound: number): BenchmarkRow => ({
      case: `${label} and ${peer.name}`,
      metric,
      ours: apart,
      peer: 'bound',
      peerValue: bound,
      ratio: bound / apart,
    })
    const lossesApart = (ours: number[], theirs: number[]): number =>
      Math.max(...theirs.map((loss, i) => Math.abs(ours[i]! / loss - 1)))
    const logitsApart = (ours: number[], theirs: number[]): number =>
      Math.max(...theirs.map((logit, i) => Math.abs(ours[i]! - logit)))

    await useBackend('cpu')
    const { config, parameters } = await loadPretrainedArrays(join(folder, 'base'))
    const full = await tune(trainable(parameterShapes(config), parameters), batches)
    await saveSafetensors(
      join(folder, 'exported'),
      { config, parameters: full.parameters },
      { target: 'transformers' },
    )
    const theirs = await peer.runAll('full')
    console.error(`loss from ${theirs[0]} to ${theirs.at(-1)}`)
    result.rows.push(
      row(
        `GPT-Neo, ${steps} steps`,
        'largest relative difference of losses',
        lossesApart(full.losses, theirs),
        lossBound,
      ),
      row(
        'its export',
        'largest difference of logits',
        logitsApart(lastLogits(full.parameters), await peer.runAll('exported')),
        logitBound,
      ),
    )

    const start = await loadAdapter(join(folder, 'adapter'), { config, parameters })
    const shapes = { ...parameterShapes(config), ...adapterShapes(config, start.config) }
    const tuned = await tune(
      trainable(shapes, { ...parameters, ...start.parameters }, start.config),
      batches,
      Object.keys(parameterShapes(config)),
    )
    const base = { config, parameters: baseParameters(config, tuned.parameters) }
    await saveAdapter(
      join(folder, 'exported-adapter'),
      { config: start.config, parameters: tuned.parameters },
      base,
    )
    const peft = await peer.runAll('lora')
    console.error(`loss with adapters from ${peft[0]} to ${peft.at(-1)}`)
    result.rows.push(
      row(
        `adapters, ${steps} steps`,
        'largest relative difference of losses',
        lossesApart(tuned.losses, peft),
        lossBound,
      ),
      row(
        'their export',
        'largest difference of logits',
        logitsApart(
          lastLogits(mergeAdapter(config, start.config, tuned.parameters)),
          await peer.runAll('exported-adapter'),
        ),
        logitBound,
      ),
    )
    peer.stop()
    return result

    function trainable(
      shapes: Record<string, number[]>,
      arrays: ArrayRecord,
      lora: AdapterConfig | null = null,
    ) {
      return trainableModel(config, tensorsOf(shapes, arrays), { adapter: lora })
    }

    function lastLogits(arrays: ArrayRecord): number[] {
      const tensors = tensorsOf(parameterShapes(config), arrays)
      const all = forward(config, tensors, tf.tensor2d([ids], undefined, 'int32')).dataSync()
      tf.dispose(tensors)
      return Array.from(all.subarray(-config.vocabSize))
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function tensorsOf(shapes: Record<string, number[]>, arrays: ArrayRecord): Parameters {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(arrays[name]!, shape, 'float32')]),
  )
}

/** The losses of all batches on the compiled engine, and the parameters after them. */
async function tune(
  model: ReturnType<typeof trainableModel>,
  batches: readonly TokenBatch[],
  freeze: readonly string[] = [],
): Promise<{ losses: number[]; parameters: ArrayRecord }> {
  const losses: number[] = []
  const trainer = await createTrainer({
    model,
    optimizer: adamW(),
    data: {
      iterate() {
        const values = batches.values()
        return { next: async () => values.next(), state: () => null }
      },
    },
    schedule: () => learningRate,
    engine: 'compiled',
    threads: 1,
    freeze,
    callbacks: { onMetrics: line => line.type === 'step' && losses.push(line.loss) },
  })
  await trainer.run({ steps: batches.length })
  const { parameters } = await trainer.save()
  await trainer.dispose()
  return { losses, parameters }
}

async function gpt2Batches(tokenizerFolder: string): Promise<TokenBatch[]> {
  const tokenizer = await loadTokenizer(tokenizerFolder)
  const batches = await openStories('sample')
    .shuffle({ seed: 1, bufferSize: 1000 })
    .tokenize(tokenizer)
    .pack({ contextLength: shape[1] })
    .batch(shape[0])
    .take(steps)
    .toArray()
  return batches as TokenBatch[]
}
