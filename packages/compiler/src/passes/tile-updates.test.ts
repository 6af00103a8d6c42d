import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { randomData, randomNumbers } from '../testing/random.ts'
import { traceFunction } from '../trace/trace-function.ts'
import { optimize } from './optimize.ts'
import { tileUpdates } from './tile-updates.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  runtime = await createRuntime({ threads: 2 })
})
afterAll(() => runtime.dispose())

// 701 rows: not a multiple of anything, so that tiles differ.
const large = { shape: [701, 512], dtype: 'float32' } as const
const small = { shape: [3, 4], dtype: 'float32' } as const
const scalar = { shape: [], dtype: 'float32' } as const

interface Inputs {
  state: { p: Tensor; m: Tensor; v: Tensor; little: Tensor }
  x: Tensor
  rate: Tensor
}
const example = { state: { p: large, m: large, v: large, little: small }, x: large, rate: scalar }

/** Adam in short; `p` is also read as a whole. */
function step({ state: { p, m, v, little }, x, rate }: Inputs): {
  state: Inputs['state']
  loss: Tensor
  largest: Tensor
} {
  const gradient = tf.mul(tf.sub(p, x), tf.mean(tf.matMul(p as tf.Tensor2D, x as tf.Tensor2D, true)))
  const nextM = tf.add(tf.mul(m, 0.9), tf.mul(gradient, 0.1))
  const nextV = tf.add(tf.mul(v, 0.95), tf.mul(tf.square(gradient), 0.05))
  const update = tf.mul(tf.div(nextM, tf.add(tf.sqrt(nextV), 1e-3)), rate)
  return {
    state: { p: tf.sub(p, update), m: nextM, v: nextV, little: tf.mul(little, rate) },
    loss: tf.mean(tf.square(gradient)),
    largest: tf.max(update),
  }
}

const names = ['p', 'm', 'v', 'little'] as const

describe('tileUpdates', () => {
  it('binds each tile of a large update to a view, and leaves the rest as it is', () => {
    const { graph } = traceFunction(
      ({ state, x, rate }: Inputs) => ({ state: step({ state, x, rate }).state }),
      example,
    )
    const optimized = optimize(graph)
    const state = new Set([...optimized.inputs, ...optimized.outputs].map(({ name }) => name))
    for (const name of ['in/x', 'in/rate', 'x', 'rate']) state.delete(name)
    const stateNames = new Set([...state].filter(name => /(p|m|v|little)$/.test(name)))
    const { graph: tiled, rows } = tileUpdates(optimized, stateNames)
    for (const name of names) {
      for (const side of [tiled.inputs, tiled.outputs] as const) {
        const own = side.filter(({ name: n }) => n.split('@')[0]!.endsWith(`/${name}`))
        const parts = own.flatMap(({ name: n }) => rows.get(n) ?? []).toSorted((a, b) => a.from - b.from)
        if (name === 'little') {
          expect(parts).toEqual([])
          continue
        }
        // One after the other they are the whole tensor.
        expect(parts.length).toBeGreaterThan(1)
        let next = 0
        for (const { from, count } of parts) {
          expect(from).toBe(next)
          next += count
        }
        expect(next).toBe(701)
        // Only p is read as a whole, too, and nothing is written as one.
        const whole = own.filter(({ name: n }) => !rows.has(n))
        expect(whole.length).toBe(name === 'p' && side === tiled.inputs ? 1 : 0)
      }
    }
  })

  it('computes what the eager step does, step after step, and what is not state from all tiles', async () => {
    const next = randomNumbers(1)
    const start = Object.fromEntries(
      names.map(name => {
        const data = randomData(example.state[name], next, 0, 1)
        return [name, data]
      }),
    )
    await runtime.write({ state: start })
    const compiled = await runtime.compile(step, example, { state: ['state'] })
    const x = randomData(large, next, -1, 1)
    const rate = Float32Array.of(0.01)
    let expected = Object.fromEntries(
      names.map(name => [name, tf.tensor(start[name]!, [...example.state[name].shape])]),
    ) as unknown as Inputs['state']
    for (let i = 0; i < 3; i++) {
      const { loss, largest } = await compiled.run({ x, rate })
      const eager = step({ state: expected, x: tf.tensor(x, [...large.shape]), rate: tf.scalar(0.01) })
      expected = eager.state
      // float32 sums of both signs, tile by tile.
      expect(loss).toBeNear(eager.loss.dataSync(), { absolute: 1e-6 })
      expect(largest).toBeNear(eager.largest.dataSync(), { relative: 2e-6 })
    }
    const held = (await runtime.read('state')) as Record<string, Float32Array>
    for (const name of names) {
      const values = expected[name].dataSync() as Float32Array
      expect(held[name]!.length).toBe(values.length)
      const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - held[name]![i]!)), 0)
      expect(apart).toBeLessThan(1e-5)
    }
    await compiled.dispose()
  })

  it('leaves short chains and what has no large update alone', () => {
    const { graph } = traceFunction(
      ({ state }: { state: { p: Tensor } }) => ({ state: { p: tf.mul(state.p, 2) } }),
      {
        state: { p: large },
      },
    )
    const state = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name))
    expect(tileUpdates(graph, state)).toEqual({ graph, rows: new Map() })
  })
})
