import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { compile } from '../../compile.ts'
import { writeOnnx } from '../../graph/onnx-writer.ts'
import { optimize } from '../../passes/optimize.ts'
import { randomData, randomNumbers } from '../../testing/random.ts'
import { traceFunction } from '../trace-function.ts'

describe('MaskedAttention', () => {
  it.each([
    [2, 3, 4, 5, 7, 1],
    [1, 1, 8, 6, 6, 0.5],
    [3, 2, 1, 1, 4, 0.7],
  ])(
    'of %i sequences, %i heads of %i channels, %i queries and %i keys, scale %f, is what plain operations compute, also written out',
    async (batch, heads, size, queries, keys, scale) => {
      await useBackend('cpu')
      const f = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const
      const example = {
        query: f(batch, queries, heads * size),
        key: f(batch, keys, heads * size),
        value: f(batch, keys, heads * size),
        mask: f(queries, keys),
      }
      const next = randomNumbers(batch + keys)
      const data = Object.fromEntries(
        Object.entries(example).map(([name, spec]) => [name, randomData(spec, next, -1, 1) as Float32Array]),
      )
      data.mask!.forEach((_, i) => {
        data.mask![i] = i % keys > Math.floor(i / keys) + keys - queries ? -1e9 : 0
      })
      const attend = (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
        const [read, probabilities]: tf.Tensor[] = tf
          .engine()
          .runKernel('MaskedAttention', inputs, { heads, scale })
        return { read: read!, probabilities: probabilities! }
      }
      const expected = tf.tidy(() => {
        const t = Object.fromEntries(
          Object.entries(example).map(([name, { shape }]) => [name, tf.tensor(data[name]!, [...shape])]),
        )
        const perHead = (x: tf.Tensor): tf.Tensor =>
          tf.transpose(tf.reshape(x, [batch, x.shape[1]!, heads, size]), [0, 2, 1, 3])
        const scores = tf.mul(tf.matMul(perHead(t.query!), perHead(t.key!), false, true), scale)
        const p = tf.softmax(tf.add(scores, t.mask!))
        return [tf.transpose(tf.matMul(p, perHead(t.value!)), [0, 2, 1, 3]), p].map(x => x.dataSync())
      })
      const compare = (actual: ArrayLike<number>, i: number): void => {
        expect(actual.length).toBe(expected[i]!.length)
        for (const [j, value] of expected[i]!.entries())
          expect(Math.abs(actual[j]! - value)).toBeLessThan(1e-5)
      }

      const compiled = await compile(attend, example)
      const both = await compiled.run(data)
      compare(both.read as Float32Array, 0)
      compare(both.probabilities as Float32Array, 1)
      await compiled.dispose()

      const standard = optimize(traceFunction(attend, example).graph, { cpu: false })
      expect(standard.nodes.map(node => node.op)).not.toContain('Attention')
      const session = await InferenceSession.create(writeOnnx(standard))
      const results = await session.run(
        Object.fromEntries(
          standard.inputs.map(({ name, value }) => {
            const key = Object.keys(example).find(key => name.endsWith(key))!
            return [name, new OrtTensor('float32', data[key]!, value.shape)]
          }),
        ),
      )
      standard.outputs.forEach(({ name }, i) => {
        compare(results[name]!.data as Float32Array, i)
      })
      await session.release()
    },
  )
})

describe('Rotary', () => {
  it.each([
    [2, 3, 4, 5, 2],
    [1, 2, 6, 3, 1],
    [3, 1, 2, 1, 1],
  ])(
    'of %i sequences, %i heads of %i channels and %i positions turns %i pairs, also written out',
    async (batch, heads, size, positions, pairs) => {
      await useBackend('cpu')
      const f = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const
      const example = {
        x: f(batch, positions, heads * size),
        cos: f(positions, pairs),
        sin: f(positions, pairs),
      }
      const next = randomNumbers(batch + size)
      const data = Object.fromEntries(
        Object.entries(example).map(([name, spec]) => [name, randomData(spec, next, -1, 1) as Float32Array]),
      )
      const turn = (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
        y: tf.engine().runKernel('Rotary', inputs, { heads }) as tf.Tensor,
      })
      const expected = data.x!.map((value, i) => {
        const channel = i % size
        if (channel >= 2 * pairs) return value
        const at = (Math.floor(i / (heads * size)) % positions) * pairs + (channel % pairs)
        const other = channel < pairs ? -data.x![i + pairs]! : data.x![i - pairs]!
        return value * data.cos![at]! + other * data.sin![at]!
      })
      const compiled = await compile(turn, example)
      // Two products and a sum in float32 of numbers below 1.
      expect((await compiled.run(data)).y as Float32Array).toBeNear(expected, { absolute: 5e-7 })
      await compiled.dispose()

      const standard = optimize(traceFunction(turn, example).graph, { cpu: false })
      expect(standard.nodes.map(node => node.op)).not.toContain('RotaryEmbedding')
      const session = await InferenceSession.create(writeOnnx(standard))
      const feeds = standard.inputs.map(({ name, value }) => {
        const key = Object.keys(example).find(key => name.endsWith(key))!
        return [name, new OrtTensor('float32', data[key]!, value.shape)]
      })
      const results = await session.run(Object.fromEntries(feeds))
      expect(results[standard.outputs[0]!.name]!.data as Float32Array).toBeNear(expected, { absolute: 5e-7 })
      await session.release()
    },
  )
})
