import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { compile } from '@tinystories/compiler'
import { forward, type Parameters, parameterShapes } from '@tinystories/model'
import { tinyArrays, tinyConfig, tinyModel } from '@tinystories/model/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { inspect } from './inspect.ts'

const config = tinyConfig()
const [B, T] = [2, 7]
const idValues = [1, 2, 3, 4, 5, 6, 7, 10, 9, 8, 7, 6, 5, 4]
const ids = (): tf.Tensor2D => tf.tensor2d(idValues, [B, T], 'int32')
const data = (x: tf.Tensor): ArrayLike<number> => x.dataSync()

describe.each(['cpu', 'wasm'] as const)('inspect on %s', backend => {
  beforeAll(() => useBackend(backend))

  it('shows everything by name, and the logits are those of forward', () => {
    tf.tidy(() => {
      const { parameters } = tinyModel()
      const { logits, activations: a } = inspect(config, parameters, ids())
      expect(data(logits)).toBeNear(data(forward(config, parameters, ids())), { absolute: 1e-5 })
      const hidden = [B, T, 6]
      const shapes = Object.fromEntries(Object.entries(a).map(([name, { shape }]) => [name, shape]))
      expect(Object.keys(shapes)).toEqual([
        'embedding',
        ...[0, 1].flatMap(n =>
          [
            'attention.queries',
            'attention.keys',
            'attention.pattern',
            'attention.heads',
            'attention.output',
            'residual.middle',
            'mlp.neurons',
            'mlp.output',
            'residual',
          ].map(name => `layers.${n}.${name}`),
        ),
        'finalNorm',
      ])
      expect(shapes).toMatchObject({
        embedding: hidden,
        'layers.0.attention.queries': [B, 2, T, 3],
        'layers.1.attention.keys': [B, 2, T, 3],
        'layers.0.attention.pattern': [B, 2, T, T],
        'layers.1.attention.heads': [B, T, 2, 3],
        'layers.1.mlp.neurons': [B, T, 24],
        'layers.1.residual': hidden,
        finalNorm: hidden,
      })
      const sum = (x: string, y: string): ArrayLike<number> => data(tf.add(a[x]!, a[y]!))
      expect(sum('embedding', 'layers.0.attention.output')).toBeNear(data(a['layers.0.residual.middle']!), {
        absolute: 1e-6,
      })
      expect(sum('layers.0.residual.middle', 'layers.0.mlp.output')).toBeNear(data(a['layers.0.residual']!), {
        absolute: 1e-6,
      })
      expect(sum('layers.0.residual', 'layers.1.attention.output')).toBeNear(
        data(a['layers.1.residual.middle']!),
        { absolute: 1e-6 },
      )
    })
  })

  it('shows patterns that are causal, local where the layer is, and sum to 1', () => {
    tf.tidy(() => {
      const { activations } = inspect(config, tinyModel().parameters, ids(), {
        keep: name => name.endsWith('pattern'),
      })
      expect(Object.keys(activations)).toEqual(['layers.0.attention.pattern', 'layers.1.attention.pattern'])
      for (const [layer, window] of [Number.POSITIVE_INFINITY, config.localWindow].entries()) {
        const pattern = activations[`layers.${layer}.attention.pattern`]!.dataSync()
        for (const [i, value] of pattern.entries()) {
          const distance = (Math.floor(i / T) % T) - (i % T)
          expect(value === 0).toBe(distance < 0 || distance >= window)
        }
        expect(data(tf.sum(activations[`layers.${layer}.attention.pattern`]!, -1))).toBeNear(
          new Array(B * 2 * T).fill(1),
          { absolute: 1e-6 },
        )
      }
    })
  })

  it('ablates: a neuron put to 0 is a row of the next weight put to 0', () => {
    tf.tidy(() => {
      const { parameters } = tinyModel()
      const mask = tf.tensor1d(Array.from({ length: 24 }, (_, i) => (i === 5 ? 0 : 1)))
      const { logits } = inspect(config, parameters, ids(), {
        patch: (name, x) => (name === 'layers.1.mlp.neurons' ? tf.mul(x, mask) : undefined),
      })
      const weight = parameters['layers.1.mlp.down.weight']!
      const without = { ...parameters, 'layers.1.mlp.down.weight': tf.mul(weight, tf.reshape(mask, [24, 1])) }
      const expected = data(forward(config, without, ids()))
      expect(data(logits)).toBeNear(expected, { absolute: 1e-5 })
      expect(data(forward(config, parameters, ids()))).not.toEqual(expected)
    })
  })

  it('patches: the residual stream of another text brings its logits', () => {
    tf.tidy(() => {
      const { parameters } = tinyModel()
      const other = tf.reverse(ids(), 1)
      const theirs = inspect(config, parameters, other)
      const { logits, activations } = inspect(config, parameters, ids(), {
        patch: name => (name === 'layers.0.residual' ? theirs.activations[name] : undefined),
      })
      expect(data(logits)).toBeNear(data(theirs.logits), { absolute: 1e-6 })
      expect(data(activations['layers.0.residual']!)).toEqual(data(theirs.activations['layers.0.residual']!))
      expect(() => inspect(config, parameters, ids(), { patch: () => tf.zeros([1]) })).toThrow(
        /patch of "embedding" is \[1\], not \[2,7,6\]/,
      )
    })
  })
})

describe('looking inside', () => {
  it('works compiled', async () => {
    await useBackend('cpu')
    const arrays = tinyArrays(config)
    const shapes = parameterShapes(config)
    const specs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]),
    )
    const compiled = await compile(
      ({ parameters, ids }: { parameters: Parameters; ids: tf.Tensor }) => {
        const { logits, activations } = inspect(config, parameters, ids)
        return { logits, activations }
      },
      { parameters: specs, ids: { shape: [B, T], dtype: 'int32' } },
    )
    const result = await compiled.run({ parameters: arrays, ids: Int32Array.from(idValues) })
    await compiled.dispose()
    tf.tidy(() => {
      const { logits, activations } = inspect(config, tinyModel().parameters, ids())
      expect(result.logits).toBeNear(data(logits), { absolute: 1e-5 })
      for (const [name, value] of Object.entries(activations)) {
        expect(result.activations[name] as Float32Array).toBeNear(data(value), { absolute: 1e-5 })
      }
    })
  })
})
