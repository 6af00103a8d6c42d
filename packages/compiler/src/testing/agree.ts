import * as tf from '@tensorflow/tfjs-core'
import { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import type { Runtime } from '../runtime/runtime.ts'
import { isTensorData, leavesOf, pathName, type TensorData, type TensorSpec } from '../tree.ts'

export interface AgreeOptions {
  /** Largest |difference| / (1 + |value|). Default: a few units in the last place of float32. */
  tolerance?: number
}

export type Inputs = Record<string, { spec: TensorSpec; data: TensorData }>

/** Runs `fn` eagerly on the current tfjs backend and compiled on ONNX Runtime, and compares shapes, types and values. */
export async function agree(
  runtime: Runtime,
  inputs: Inputs,
  fn: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
  { tolerance = 2e-6 }: AgreeOptions = {},
): Promise<void> {
  const { numTensors } = tf.memory()
  const eager = tf.tidy(() => {
    const tensors = Object.entries(inputs).map(
      ([name, { spec, data }]) => [name, tf.tensor(data, [...spec.shape], spec.dtype)] as const,
    )
    return leavesOf(fn(Object.fromEntries(tensors)), (v): v is Tensor => v instanceof Tensor, 'eager').map(
      ({ path, value }) => ({
        name: pathName(path),
        dtype: value.dtype,
        data: value.dataSync() as TensorData,
      }),
    ) as unknown as tf.TensorContainer
  }) as unknown as { name: string; dtype: string; data: TensorData }[]

  const specs = Object.fromEntries(Object.entries(inputs).map(([name, { spec }]) => [name, spec]))
  const compiled = await runtime.compile<Record<string, Tensor>, Record<string, Tensor>>(fn, specs)
  expect(tf.memory().numTensors).toBe(numTensors)
  const results = await compiled.run(
    Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])),
  )
  await compiled.dispose()

  const got = new Map(
    leavesOf(results, isTensorData, 'compiled').map(({ path, value }) => [pathName(path), value]),
  )
  expect([...got.keys()]).toEqual(eager.map(({ name }) => name))
  for (const { name, dtype, data } of eager) {
    const values = got.get(name)!
    expect(`${name} ${values.constructor.name}`).toBe(
      `${name} ${{ float32: 'Float32Array', int32: 'Int32Array', bool: 'Uint8Array' }[dtype]}`,
    )
    expect(values.length).toBe(data.length)
    const wrong = Array.from(data).findIndex((expected, i) => !close(values[i]!, expected, tolerance))
    if (wrong >= 0) {
      expect.fail(
        `${name}[${wrong}] is ${values[wrong]}, and ${data[wrong]} on ${tf.getBackend()} (${JSON.stringify(specs)})`,
      )
    }
  }
}

function close(a: number, b: number, tolerance: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b) || !Number.isFinite(b)) return Object.is(a, b)
  return Math.abs(a - b) <= tolerance * (1 + Math.abs(b))
}
