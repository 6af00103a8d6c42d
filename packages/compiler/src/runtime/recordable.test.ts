import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, it } from 'vitest'
import { optimize } from '../passes/optimize.ts'
import { traceFunction } from '../trace/trace-function.ts'
import { recordable } from './recordable.ts'

beforeAll(() => useBackend('cpu'))

const isRecordable = (fn: (x: tf.Tensor2D, ids: tf.Tensor1D) => tf.Tensor): boolean => {
  const { graph } = traceFunction(
    ({ x, ids }: { x: tf.Tensor2D; ids: tf.Tensor1D }) => ({ y: fn(x, ids) }),
    { x: { shape: [40, 3], dtype: 'float32' }, ids: { shape: [5], dtype: 'int32' } },
    { largeOperations: true },
  )
  return recordable(optimize(graph, { cpu: false, atOnce: 32 }))
}

describe('recordable', () => {
  it('takes what a network and its gradients are made of', () => {
    expect(isRecordable((x, ids) => tf.softmax(tf.matMul(tf.gather(x, ids), x, false, true)))).toBe(true)
    expect(isRecordable(x => tf.grad(x => tf.mean(tf.sigmoid(tf.mul(x, x))))(x))).toBe(true)
    expect(isRecordable((x, ids) => tf.unsortedSegmentSum(tf.gather(x, ids), ids, 9))).toBe(true)
    // By the places of rows: the one Gather there is.
    expect(isRecordable((x, ids) => tf.gatherND(x, tf.reshape(ids, [5, 1])))).toBe(true)
  })

  it('leaves out what reads tables that are copied for one run, and what was never tried', () => {
    expect(isRecordable(x => tf.atanh(x))).toBe(false)
    expect(isRecordable(x => tf.topk(x, 2).values)).toBe(false)
    expect(isRecordable(x => tf.addN(tf.split(x, 40, 0)))).toBe(false)
    expect(isRecordable(x => tf.addN(tf.split(x, 20, 0)))).toBe(true)
  })
})
