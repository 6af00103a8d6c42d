import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, it } from 'vitest'
import { gptConfig } from './config.ts'
import { initParameterArrays, initParameters, parameterShapes } from './parameters.ts'

const config = gptConfig('sample', { vocabSize: 300, hiddenSize: 32, layers: 8, contextLength: 20 })

const deviation = (x: Float32Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length)

beforeAll(() => useBackend('cpu'))

describe('initParameters', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const first = initParameterArrays(config, 3)
    expect(initParameterArrays(config, 3)).toEqual(first)
    const weights = initParameterArrays(config, 4)['layers.0.mlp.up.weight']!
    expect(weights.filter((v, i) => v === first['layers.0.mlp.up.weight']![i])).toHaveLength(0)
  })

  it('has not changed since it was written', () => {
    // A seed in a run folder must mean the same model in later releases.
    const { 'embedding.token': tokens } = initParameterArrays(config, 42)
    expect([...tokens!.subarray(0, 4)]).toMatchInlineSnapshot(`
      [
        0.024690836668014526,
        0.012236998416483402,
        -0.008500474505126476,
        0.016161661595106125,
      ]
    `)
  })

  it('draws weights with the deviation it names, biases 0 and scales 1', () => {
    const arrays = initParameterArrays(config)
    for (const [name, array] of Object.entries(arrays)) {
      if (name.endsWith('norm.scale') || name === 'finalNorm.scale')
        expect(new Set(array)).toEqual(new Set([1]))
      else if (name.endsWith('bias')) expect(new Set(array)).toEqual(new Set([0]))
      else expect(deviation(array) / 0.02, name).toBeNear(1, { absolute: 0.06 })
    }
  })

  it('starts what writes to the residual stream smaller when asked to', () => {
    const scaled = initParameterArrays({ ...config, scaledResidualInit: true })
    const plain = initParameterArrays(config)
    for (const name of ['layers.1.attention.output.weight', 'layers.7.mlp.down.weight']) {
      expect(deviation(scaled[name]!) / deviation(plain[name]!)).toBeNear(1 / 4, { absolute: 5e-7 })
    }
    expect(scaled['layers.1.mlp.up.weight']).toEqual(plain['layers.1.mlp.up.weight'])
  })

  it('makes tensors of the listed shapes', () => {
    const parameters = initParameters(config)
    const shapes = Object.fromEntries(
      Object.entries(parameters).map(([name, tensor]) => [name, tensor.shape]),
    )
    expect(shapes).toEqual(parameterShapes(config))
    tf.dispose(parameters)
  })
})
