import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forward, loss } from '../model.ts'
import { parameterShapes } from '../parameters.ts'
import { distance } from '../testing/close.ts'
import { goldenArrays, goldenModels } from '../testing/golden-models.ts'
import { loadPretrained } from './load.ts'
import { openSafetensors, type SafetensorsFile } from './safetensors-file.ts'
import { copyOut, tensorLayout } from './tensor-layout.ts'
import { fileFormat, tensorFormat } from './transformers-config.ts'

// What transformers computed (goldens/make-goldens.py); the versions are in goldens/about.json.
const goldens = fileURLToPath(new URL('../../goldens', import.meta.url))
let expected: SafetensorsFile
let about: { ids: number[][]; targets: number[][] }
beforeAll(async () => {
  await useBackend('cpu')
  expected = await openSafetensors(`${goldens}/expected.safetensors`)
  about = JSON.parse(await readFile(`${goldens}/about.json`, 'utf8'))
})
afterAll(() => expected.close())

const ids = (rows: number[][]): tf.Tensor => tf.tensor2d(rows, [rows.length, rows[0]!.length], 'int32')

describe.each(Object.entries(goldenModels))('our %s opened by transformers', (name, config) => {
  it('has the same logits, loss and gradients there', async () => {
    const shapes = parameterShapes(config)
    const names = Object.keys(shapes)
    const tensors = Object.entries(goldenArrays(config)).map(([name, array]) =>
      tf.tensor(array, shapes[name]!),
    )
    const record = (list: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, list[i]!]))
    const logits = forward(config, record(tensors), ids(about.ids)).dataSync()
    expect(distance(logits, await expected.read(`ours/${name}/logits`))).toBeLessThan(1e-5)

    const batch = { inputs: ids(about.ids), targets: ids(about.targets) }
    const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) => loss(config, record(list), batch))(
      tensors,
    )
    expect(distance(value.dataSync(), await expected.read(`ours/${name}/loss`))).toBeLessThan(1e-6)
    const gradients = record(grads)
    const { naming, linear } = tensorFormat(fileFormat(config))
    const layout = tensorLayout(config, naming, linear)
    expect(layout.length).toBe(
      [...expected.tensors.keys()].filter(key => key.startsWith(`ours/${name}/gradients/`)).length,
    )
    for (const tensor of layout) {
      const gradient = gradients[tensor.parameter]!
      const ours = copyOut(tensor, gradient.dataSync() as Float32Array, gradient.shape.at(-1)!)
      const theirs = await expected.read(`ours/${name}/gradients/${tensor.name}`)
      expect(distance(ours, theirs), tensor.name).toBeLessThan(1e-5)
    }
  })
})

describe.each(['gpt_neo', 'gpt2'])("transformers' %s opened here", name => {
  it('has the logits and loss that it had there', async () => {
    const { config, parameters, endOfTextId } = await loadPretrained(`${goldens}/from-transformers/${name}`)
    expect(endOfTextId).toBe(12)
    const logits = forward(config, parameters, ids(about.ids)).dataSync()
    expect(distance(logits, await expected.read(`theirs/${name}/logits`))).toBeLessThan(1e-5)
    const value = loss(config, parameters, { inputs: ids(about.ids), targets: ids(about.targets) })
    expect(distance(value.dataSync(), await expected.read(`theirs/${name}/loss`))).toBeLessThan(1e-6)
  })
})
