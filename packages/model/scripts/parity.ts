// Random GPT-2, GPT-Neo, Llama and Qwen3 models, ours opened by transformers and theirs opened here: logits, loss, every gradient.
//
//   node --conditions=@tinystories/source parity.ts make FOLDER
//   python parity.py FOLDER                    (with torch, transformers, safetensors)
//   node --conditions=@tinystories/source parity.ts check FOLDER      prints the table
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { Random } from '@tinystories/utils/random'
import { loadPretrained } from '../src/files/load.ts'
import { encodeSafetensors } from '../src/files/safetensors.ts'
import { openSafetensors } from '../src/files/safetensors-file.ts'
import { saveSafetensors } from '../src/files/save.ts'
import { copyOut, tensorLayout } from '../src/files/tensor-layout.ts'
import { fileFormat, tensorFormat } from '../src/files/transformers-config.ts'
import { type GptConfig, gptConfig, parameterShapes } from '../src/index.ts'
import { forward, loss } from '../src/model.ts'
import { tinyArrays } from '../src/testing/tiny.ts'

const [, , mode, folder] = process.argv
if ((mode !== 'make' && mode !== 'check') || folder === undefined)
  throw new Error('make FOLDER or check FOLDER')
const cases = 16
await useBackend('cpu')

const print = (line: string): boolean => process.stdout.write(`${line}\n`)

interface Measured {
  [name: string]: { shape: number[]; data: Float32Array }
}

function randomConfig(seed: number): GptConfig {
  const random = new Random(seed)
  const from = (low: number, high: number): number => low + Math.floor(random.uniform() * (high - low + 1))
  const heads = from(1, 5)
  const contextLength = from(6, 33)
  const kind = (['gpt_neo', 'gpt2', 'llama', 'qwen3'] as const)[seed % 4]!
  const neo = kind === 'gpt_neo'
  const llama = kind === 'llama' || kind === 'qwen3'
  const divisors = Array.from({ length: heads }, (_, i) => i + 1).filter(count => heads % count === 0)
  const biases = kind === 'llama' && random.uniform() < 0.5
  return gptConfig(neo ? 'tinystories-1m' : 'gpt2', {
    ...(llama && {
      rotary: { base: from(50, 20_000) },
      norm: 'rms',
      activation: 'swiglu',
      keyValueHeads: divisors[from(0, divisors.length - 1)]!,
      queryKeyNorm: kind === 'qwen3',
      bias: { qkv: biases, attentionOutput: biases, mlp: biases },
    }),
    vocabSize: from(5, 60),
    contextLength,
    heads,
    hiddenSize: heads * (llama ? 2 * from(1, 5) : from(1, 9)),
    layers: from(1, 4),
    mlpSize: from(3, 50),
    localWindow: neo ? from(1, contextLength) : contextLength,
    tiedHead: random.uniform() < 0.5,
    layerNormEpsilon: random.uniform() < 0.5 ? 1e-5 : 1e-6,
    initializerRange: 0.25,
  })
}

function batchOf(
  { vocabSize, contextLength }: GptConfig,
  seed: number,
): { ids: number[][]; targets: number[][] } {
  const random = new Random(seed + 100)
  const rows = (): number[][] =>
    Array.from({ length: 3 }, () =>
      Array.from({ length: contextLength }, () => Math.floor(random.uniform() * vocabSize)),
    )
  return { ids: rows(), targets: rows() }
}

/** Logits, loss and gradients, these by transformers' names and in its layout. */
async function measure(path: string, batch: { ids: number[][]; targets: number[][] }): Promise<Measured> {
  const { config, parameters } = await loadPretrained(path)
  const inputs = tf.tensor2d(batch.ids, undefined, 'int32')
  const targets = tf.tensor2d(batch.targets, undefined, 'int32')
  const names = Object.keys(parameters)
  const logits = forward(config, parameters, inputs)
  const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) =>
    loss(config, Object.fromEntries(names.map((name, i) => [name, list[i]!])), { inputs, targets }),
  )(Object.values(parameters))
  const result: Measured = {
    logits: { shape: logits.shape, data: logits.dataSync() as Float32Array },
    loss: { shape: [1], data: value.dataSync() as Float32Array },
  }
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!.dataSync() as Float32Array]))
  const shapes = parameterShapes(config)
  const { naming, linear } = tensorFormat(fileFormat(config))
  for (const tensor of tensorLayout(config, naming, linear)) {
    const data = copyOut(tensor, gradients[tensor.parameter]!, shapes[tensor.parameter]!.at(-1)!)
    result[`gradients/${tensor.name}`] = { shape: tensor.shape, data }
  }
  tf.disposeVariables()
  return result
}

for (let seed = 0; seed < cases; seed++) {
  const at = (name: string): string => join(folder, String(seed), name)
  const config = randomConfig(seed)
  const batch = batchOf(config, seed)
  if (mode === 'make') {
    await mkdir(at(''), { recursive: true })
    await saveSafetensors(at('ours'), { config, parameters: tinyArrays(config, seed) })
    await writeFile(at('batch.json'), JSON.stringify(batch))
    const measured = await measure(at('ours'), batch)
    const tensors = Object.entries(measured).map(([name, tensor]) => ({ name, ...tensor }))
    await writeFile(at('ours.safetensors'), Buffer.concat(encodeSafetensors(tensors)))
    continue
  }
  const measured = await measure(at('theirs'), batch)
  const expected = await openSafetensors(at('theirs.safetensors'))
  const apart = { logits: 0, loss: 0, gradients: 0 }
  for (const name of expected.tensors.keys()) {
    const theirs = await expected.read(name)
    const ours = measured[name]!.data
    let largest = 1
    let difference = 0
    for (const [i, value] of theirs.entries()) {
      largest = Math.max(largest, Math.abs(value))
      difference = Math.max(difference, Math.abs(value - ours[i]!))
    }
    const kind = name.split('/')[0] as keyof typeof apart
    apart[kind] = Math.max(apart[kind], difference / largest)
  }
  await expected.close()
  const there = JSON.parse(await readFile(at('there.json'), 'utf8')) as typeof apart & { versions: string }
  if (seed === 0) {
    print(`${there.versions}; largest difference, relative to the largest value if that is above 1\n`)
    print(
      '| model | layers x hidden / heads, context, window, vocabulary, head | ours there: logits, loss, gradients | theirs here: logits, loss, gradients |',
    )
    print('| --- | --- | --- | --- |')
  }
  const { layers, hiddenSize, heads, contextLength, localWindow, vocabSize, tiedHead } = config
  const show = ({ logits, loss, gradients }: typeof apart): string =>
    [logits, loss, gradients].map(value => value.toExponential(0)).join(', ')
  const model = `${layers} x ${hiddenSize} / ${heads}, ${contextLength}, ${localWindow}, ${vocabSize}, ${tiedHead ? 'tied' : 'free'}`
  print(`| ${fileFormat(config)} | ${model} | ${show(there)} | ${show(apart)} |`)
  for (const value of [...Object.values(apart), there.logits, there.loss, there.gradients]) {
    if (!(value <= 1e-5)) process.exitCode = 1
  }
}
