import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { describe, expect, it } from 'vitest'
import { compile } from '../../compile.ts'
import { randomData, randomNumbers } from '../../testing/random.ts'

describe('CachedAttention', () => {
  it.each([
    [1, 4, 3, 5],
    [3, 2, 8, 7],
    [2, 1, 16, 1],
  ])(
    'reads %i rows with %i heads of %i channels and %i places of past as plain operations do',
    async (rows, heads, size, past) => {
      await useBackend('cpu')
      const f = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const
      const token = f(rows, 1, heads * size)
      const cache = f(rows, heads, past, size)
      const example = {
        query: token,
        key: token,
        value: token,
        pastKeys: cache,
        pastValues: cache,
        mask: f(rows, 1, 1, past + 1),
      }
      const next = randomNumbers(rows)
      const data = Object.fromEntries(
        Object.entries(example).map(([name, spec]) => [name, randomData(spec, next, -1, 1)]),
      )
      // One place that may not be seen.
      for (let row = 0; row < rows; row++) data.mask![row * (past + 1)] = -1e9
      const compiled = await compile((inputs: Record<string, tf.Tensor>) => {
        const [read, keys, values]: tf.Tensor[] = tf.engine().runKernel('CachedAttention', inputs, { heads })
        return { read: read!, keys: keys!, values: values! }
      }, example)
      const actual = await compiled.run(data)
      await compiled.dispose()
      const expected = tf.tidy(() => {
        const t = Object.fromEntries(
          Object.entries(example).map(([name, { shape }]) => [name, tf.tensor(data[name]!, [...shape])]),
        )
        const perHead = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [rows, heads, 1, size])
        const keys = tf.concat([t.pastKeys!, perHead(t.key!)], 2)
        const values = tf.concat([t.pastValues!, perHead(t.value!)], 2)
        const scores = tf.add(tf.matMul(perHead(t.query!), keys, false, true), t.mask!)
        return [tf.matMul(tf.softmax(scores), values), keys, values].map(x => x.dataSync())
      })
      for (const [i, name] of (['read', 'keys', 'values'] as const).entries()) {
        const [a, e] = [actual[name] as Float32Array, expected[i]!]
        expect(a.length).toBe(e.length)
        for (const [j, value] of e.entries()) expect(Math.abs(a[j]! - value)).toBeLessThan(1e-5)
      }
    },
  )
})
