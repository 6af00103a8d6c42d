import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerGradients } from './register-gradients.ts'
import { type BackendName, useBackend } from './use-backend.ts'

// On tfjs-node too, where it is installed with its addon.
const backends: BackendName[] = (await useBackend('node').then(
  () => true,
  () => false,
))
  ? ['cpu', 'node']
  : ['cpu']

/** Values in ±[low, high], far from 0 and from each other's kinks. */
function values(size: number, seed: number, low = 0.3, high = 1.5, positive = false): Float32Array {
  let state = seed * 2654435761 + 1
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 24
  }
  return Float32Array.from(
    { length: size },
    () => (low + next() * (high - low)) * (positive || next() < 0.5 ? 1 : -1),
  )
}

type Inputs = { shape: number[]; positive?: boolean }[]
interface Case {
  kernel: string
  inputs: Inputs
  fn: (...xs: Tensor[]) => Tensor | Tensor[]
  note?: string
}

const one = (shape = [2, 3]): Inputs => [{ shape }]
const positive = (shape = [2, 3]): Inputs => [{ shape, positive: true }]
const two = (a: number[] = [2, 3], b: number[] = [2, 3]): Inputs => [{ shape: a }, { shape: b }]
const unary = (kernel: string, fn: (x: Tensor) => Tensor, inputs = one()): Case => ({
  kernel,
  inputs,
  fn: x => fn(x!),
})
const binary = (kernel: string, fn: (a: Tensor, b: Tensor) => Tensor): Case[] => [
  { kernel, inputs: two(), fn: (a, b) => fn(a!, b!) },
  { kernel, inputs: two([2, 3], [3]), fn: (a, b) => fn(a!, b!), note: 'b broadcast' },
  { kernel, inputs: two([1, 3], [2, 1]), fn: (a, b) => fn(a!, b!), note: 'both broadcast' },
]
const ids = (list: number[]): tf.Tensor1D => tf.tensor1d(list, 'int32')

/** Elements so far apart that no small step changes which is the largest. */
const apart = (x: Tensor): Tensor =>
  tf.add(
    tf.mul(x, 0.1),
    tf.tensor(
      Float32Array.from({ length: x.size }, (_, i) => ((i * 37) % x.size) / 2),
      x.shape,
    ),
  )

const cases: Case[] = [
  ...binary('Add', tf.add),
  ...binary('Sub', tf.sub),
  ...binary('Multiply', tf.mul),
  ...binary('RealDiv', tf.div),
  ...binary('Maximum', tf.maximum),
  ...binary('Minimum', tf.minimum),
  ...binary('SquaredDifference', tf.squaredDifference),
  ...binary('Atan2', tf.atan2),
  ...binary('FloorDiv', (a, b) => tf.add(tf.floorDiv(tf.mul(a, 0), tf.add(b, 9)), a)),
  { kernel: 'Mod', inputs: one(), fn: x => tf.mod(x!, tf.scalar(2.5)) },
  {
    kernel: 'Pow',
    inputs: [{ shape: [2, 3], positive: true }, { shape: [3] }],
    fn: (a, b) => tf.pow(a!, b!),
  },
  { kernel: 'Pow', inputs: one(), fn: a => tf.pow(a!, tf.scalar(2)), note: 'negative base' },
  { kernel: 'AddN', inputs: two(), fn: (a, b) => tf.addN([a!, b!, a!]) },
  unary('Exp', tf.exp),
  unary('Expm1', tf.expm1),
  unary('Log', tf.log, positive()),
  unary('Log1p', tf.log1p, positive()),
  unary('Sqrt', tf.sqrt, positive()),
  unary('Rsqrt', tf.rsqrt, positive()),
  unary('Reciprocal', tf.reciprocal),
  unary('Square', tf.square),
  unary('Abs', tf.abs),
  unary('Neg', tf.neg),
  unary('Tanh', tf.tanh),
  unary('Sigmoid', tf.sigmoid),
  unary('Softplus', tf.softplus),
  unary('Erf', tf.erf),
  unary('Relu', tf.relu),
  unary('Relu6', x => tf.relu6(tf.mul(x, 8))),
  unary('Elu', tf.elu),
  unary('LeakyRelu', x => tf.leakyRelu(x, 0.1)),
  unary('ClipByValue', x => tf.clipByValue(x, -0.8, 0.9)),
  unary('Sin', tf.sin),
  unary('Cos', tf.cos),
  unary('Tan', x => tf.tan(tf.mul(x, 0.5))),
  unary('Sinh', tf.sinh),
  unary('Cosh', tf.cosh),
  unary('Atan', tf.atan),
  unary('Cast', x => tf.cast(tf.mul(x, 2), 'float32')),
  unary('Identity', tf.clone),
  unary('Sum', x => tf.sum(x, 1)),
  unary('Sum', x => tf.sum(x, [0, -1], true), one([2, 3, 4])),
  unary('Sum', x => tf.sum(x)),
  unary('Mean', x => tf.mean(x, 0), one([4, 3])),
  unary('Mean', x => tf.mean(x, -1, true)),
  unary('Mean', x => tf.mean(x)),
  unary('Max', x => tf.max(x, -1)),
  unary('Max', x => tf.max(x, [0, 2], true), one([2, 3, 2])),
  unary('Min', x => tf.min(x, 0)),
  unary('Cumsum', x => tf.cumsum(x, 1, true, false), one([2, 4])),
  unary('Cumsum', x => tf.cumsum(x, 0, false, true), one([4, 2])),
  unary('Softmax', x => tf.softmax(x)),
  unary('Reshape', x => tf.reshape(x, [3, 2])),
  unary('ExpandDims', x => tf.expandDims(x, 1)),
  unary('Transpose', x => tf.transpose(x, [2, 0, 1]), one([2, 3, 4])),
  unary('Tile', x => tf.broadcastTo(x, [2, 2, 3]), one([1, 3])),
  unary('Tile', x => tf.tile(x, [2, 3])),
  unary('Slice', x => tf.slice(x, [1, 0], [1, 2]), one([3, 4])),
  unary('PadV2', x =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      3,
    ),
  ),
  { kernel: 'Concat', inputs: two([2, 3], [2, 1]), fn: (a, b) => tf.concat([a!, b!, a!], -1) },
  { kernel: 'SplitV', inputs: one([2, 5]), fn: x => tf.split(x!, [2, 3], 1) },
  { kernel: 'SplitV', inputs: one([2, 5]), fn: x => tf.split(x!, [2, 3], 1)[1]!, note: 'one part used' },
  { kernel: 'Pack', inputs: two(), fn: (a, b) => tf.stack([a!, b!, a!], 1) },
  { kernel: 'Unpack', inputs: one([3, 2]), fn: x => tf.unstack(x!, 0) },
  unary('Reverse', x => tf.reverse(x, 1)),
  { kernel: 'Select', inputs: two(), fn: (a, b) => tf.where(tf.greater(a!, 0), tf.mul(a!, b!), b!) },
  { kernel: 'BatchMatMul', inputs: two([2, 3], [3, 4]), fn: (a, b) => tf.matMul(a!, b!) },
  {
    kernel: 'BatchMatMul',
    inputs: two([2, 2, 3], [3, 4]),
    fn: (a, b) => tf.matMul(a!, b!),
    note: 'batches broadcast',
  },
  {
    kernel: 'BatchMatMul',
    inputs: two([2, 2, 3, 2], [2, 4, 3]),
    fn: (a, b) => tf.matMul(a!, b!, true, true),
    note: 'two batch axes, transposed',
  },
  ...[false, true].flatMap(tA =>
    [false, true].map(tB => ({
      kernel: 'BatchMatMul',
      inputs: two(tA ? [2, 3, 2] : [2, 2, 3], tB ? [2, 4, 3] : [2, 3, 4]),
      fn: (...[a, b]: Tensor[]) => tf.matMul(a!, b!, tA, tB),
      note: `transposed ${tA} ${tB}`,
    })),
  ),
  unary('GatherV2', x => tf.gather(x, ids([2, 0, 2, 2])), one([3, 2])),
  unary('GatherV2', x => tf.gather(x, tf.tensor2d([1, 1, 0, 2], [2, 2], 'int32'), 1), one([2, 3, 2])),
  unary('GatherV2', x => tf.gather(x, tf.tensor2d([1, 1, 0, 2], [2, 2], 'int32'), 1, 1), one([2, 3, 2])),
  unary('GatherNd', x => tf.gatherND(x, tf.tensor2d([0, 1, 1, 2, 0, 1], [3, 2], 'int32')), one([2, 3])),
  unary('UnsortedSegmentSum', x => tf.unsortedSegmentSum(x, ids([1, 0, 1, 3]), 4), one([4, 2])),
  unary('UnsortedSegmentSum', x => tf.unsortedSegmentSum(x, ids([1, -1, 1, 3]), 4), one([4, 2])),
  unary('Asin', x => tf.asin(tf.mul(x, 0.5))),
  unary('Acos', x => tf.acos(tf.mul(x, 0.5))),
  unary('Asinh', tf.asinh),
  unary('Acosh', x => tf.acosh(tf.add(x, 1.1)), positive()),
  unary('Atanh', x => tf.atanh(tf.mul(x, 0.5))),
  unary('Selu', tf.selu),
  { kernel: 'Prelu', inputs: two([2, 3], [3]), fn: (x, alpha) => tf.prelu(x!, alpha!) },
  {
    kernel: 'Prelu',
    inputs: two([2, 1], [2, 3]),
    fn: (x, alpha) => tf.prelu(x!, alpha!),
    note: 'x broadcast',
  },
  {
    kernel: 'Add',
    inputs: two(),
    fn: (a, b) => {
      const sum = tf.exp(b!)
      const other = tf.tanh(a!)
      return tf.add(tf.add(a!, sum), other)
    },
    note: 'operands that have further gradients',
  },
  ...([undefined, 0, 1, -1, [0, 2], [1, 2]] as const).map(axis =>
    unary('Prod', x => tf.prod(x, axis as number), one([2, 3, 2])),
  ),
  unary('Prod', x => tf.prod(tf.relu(x), 1), one([3, 4])),
  unary('TopK', x => tf.topk(x, 2).values, one([2, 2, 5])),
  unary('StridedSlice', x => tf.stridedSlice(x, [0, 1], [5, 4], [2, 1]), one([5, 4])),
  unary('StridedSlice', x => tf.stridedSlice(x, [4, 0], [-6, 4], [-2, 1]), one([5, 4])),
  unary('StridedSlice', x => tf.stridedSlice(x, [1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1), one([5, 4])),
  ...(['reflect', 'symmetric'] as const).map(mode =>
    unary(
      'MirrorPad',
      x =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [2, 0],
          ],
          mode,
        ),
      one([3, 4]),
    ),
  ),
  unary(
    'ScatterNd',
    x => tf.scatterND(tf.tensor2d([[1], [3], [1]], [3, 1], 'int32'), x, [5, 2]),
    one([3, 2]),
  ),
  unary(
    'ScatterNd',
    x => tf.scatterND(tf.tensor2d([0, 1, 2, 2, 0, 1], [3, 2], 'int32'), x, [3, 3]),
    one([3]),
  ),
  ...(
    [
      ['ij,jk->ik', [2, 3], [3, 4]],
      ['bij,bkj->bik', [2, 3, 2], [2, 4, 2]],
      ['ij,k->ijk', [2, 3], [4]],
      ['ij,ij->', [2, 3], [2, 3]],
    ] as const
  ).map(
    ([equation, a, b]): Case => ({
      kernel: 'Einsum',
      note: equation,
      inputs: two([...a], [...b]),
      fn: (x, y) => tf.einsum(equation, x!, y!),
    }),
  ),
  unary('Einsum', x => tf.einsum('ijk->ki', x), one([2, 3, 2])),
  ...(
    [
      [1, 'same'],
      [2, 'valid'],
      [2, 'same'],
    ] as const
  ).flatMap(([strides, pad]): Case[] => [
    {
      kernel: 'Conv2D',
      note: `${strides}, ${pad}`,
      inputs: two([1, 5, 4, 2], [3, 2, 2, 3]),
      fn: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad),
    },
    {
      kernel: 'DepthwiseConv2dNative',
      note: `${strides}, ${pad}`,
      inputs: two([1, 5, 4, 2], [3, 2, 2, 2]),
      fn: (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad),
    },
    {
      ...unary('MaxPool', x => tf.maxPool(x as tf.Tensor4D, [3, 2], strides, pad), one([1, 5, 4, 2])),
      note: `${strides}, ${pad}`,
    },
    {
      ...unary('AvgPool', x => tf.avgPool(x as tf.Tensor4D, [3, 2], strides, pad), one([1, 5, 4, 2])),
      note: `${strides}, ${pad}`,
    },
  ]),
  ...(
    [
      [1, 'same'],
      [2, 'valid'],
      [2, 'same'],
    ] as const
  ).flatMap(([strides, pad]): Case[] => {
    const note = `${strides}, ${pad}`
    return [
      {
        kernel: 'Conv3D',
        note,
        inputs: two([1, 4, 3, 3, 2], [2, 2, 3, 2, 2]),
        fn: (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, strides, pad),
      },
      ...[2, [2, 3, 2]].map(
        (size): Case => ({
          ...unary(
            'MaxPool3D',
            x => tf.maxPool3d(apart(x) as tf.Tensor5D, size as number, strides, pad),
            one([1, 4, 5, 3, 2]),
          ),
          note: `${size}, ${note}`,
        }),
      ),
      {
        ...unary(
          'AvgPool3D',
          x => tf.avgPool3d(x as tf.Tensor5D, [2, 3, 2], strides, pad),
          one([1, 4, 5, 3, 2]),
        ),
        note,
      },
      {
        kernel: 'Dilation2D',
        note,
        inputs: two([1, 5, 4, 2], [2, 3, 2]),
        fn: (x, w) => tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, strides, pad, strides === 1 ? 2 : 1),
      },
    ]
  }),
  ...(
    [
      [false, false],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([align, half]): Case[] => [
    {
      ...unary(
        'ResizeBilinear',
        x => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 3], align, half),
        one([2, 4, 5, 2]),
      ),
      note: `${align}, ${half}`,
    },
    {
      ...unary(
        'ResizeNearestNeighbor',
        x => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [7, 3], align, half),
        one([2, 4, 5, 2]),
      ),
      note: `${align}, ${half}`,
    },
  ]),
  unary('LRN', x => tf.localResponseNormalization(x as tf.Tensor4D, 1, 1.5, 0.5, 0.6), one([1, 2, 2, 5])),
  ...([1, 2] as const).map(
    (strides): Case => ({
      kernel: 'Conv2DBackpropInput',
      note: `strides ${strides}`,
      inputs: two([1, 2, 2, 3], [3, 2, 2, 3]),
      fn: (x, w) =>
        tf.conv2dTranspose(
          x as tf.Tensor4D,
          w as tf.Tensor4D,
          [1, 2 * strides, 2 * strides, 2],
          strides,
          'same',
        ),
    }),
  ),
  {
    kernel: 'FusedBatchNorm',
    inputs: [
      { shape: [2, 3, 2, 4] },
      { shape: [4] },
      { shape: [4], positive: true },
      { shape: [4] },
      { shape: [4] },
    ],
    fn: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
  unary('DepthToSpace', x => tf.depthToSpace(x as tf.Tensor4D, 2), one([1, 2, 3, 8])),
  unary(
    'BatchToSpaceND',
    x =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    one([4, 2, 2, 2]),
  ),
  unary(
    'SpaceToBatchND',
    x =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    one([1, 3, 3, 2]),
  ),
  ...zeroGradients(),
]

/** Each kernel's result scales an honest input, so that the zero gradient is seen next to one that is not. */
function zeroGradients(): Case[] {
  const gate = (kernel: string, step: (x: Tensor) => Tensor): Case =>
    unary(kernel, x => tf.mul(x, tf.cast(step(x), 'float32')))
  return [
    gate('Sign', tf.sign),
    gate('Step', x => tf.step(x)),
    gate('Floor', tf.floor),
    gate('Ceil', tf.ceil),
    gate('Round', x => tf.round(tf.add(x, 0.05))),
    gate('ZerosLike', tf.zerosLike),
    gate('OnesLike', tf.onesLike),
    gate('Greater', x => tf.greater(x, 0)),
    gate('GreaterEqual', x => tf.greaterEqual(x, 0)),
    gate('Less', x => tf.less(x, 0)),
    gate('LessEqual', x => tf.lessEqual(x, 0)),
    gate('Equal', x => tf.equal(x, 0.1)),
    gate('NotEqual', x => tf.notEqual(x, 0.1)),
    gate('LogicalAnd', x => tf.logicalAnd(tf.greater(x, 0), tf.less(x, 9))),
    gate('LogicalOr', x => tf.logicalOr(tf.greater(x, 0), tf.less(x, -9))),
    gate('LogicalNot', x => tf.logicalNot(tf.greater(x, 0))),
    gate('IsNan', tf.isNaN),
    gate('IsInf', tf.isInf),
    gate('IsFinite', tf.isFinite),
    gate('ArgMax', x => tf.expandDims(tf.argMax(x, 1), 1)),
    gate('ArgMin', x => tf.expandDims(tf.argMin(x, 1), 1)),
    gate('OneHot', x => tf.oneHot(tf.argMax(x, 1), 3)),
  ]
}

describe.each(backends)('registerGradients on %s', backend => {
  beforeAll(() => useBackend(backend))

  it.each(cases.map(c => [`${c.kernel}${c.note ? ` (${c.note})` : ''}`, c] as const))(
    '%s agrees with finite differences',
    async (_name, { kernel, inputs, fn }) => {
      expect(tf.getGradient(kernel)).toBeDefined()
      const before = tf.memory().numTensors
      const sizes = inputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1))
      const points = inputs.map((input, i) => values(sizes[i]!, i + 3, 0.3, 1.5, input.positive))
      const make = (arrays: Float32Array[]): Tensor[] => arrays.map((a, i) => tf.tensor(a, inputs[i]!.shape))

      // A weighted sum of the outputs, added up in float64 outside of tfjs where a value is read.
      const weigh = (y: Tensor, i: number): Tensor => tf.mul(y, tf.tensor(values(y.size, 100 + i), y.shape))
      const outputs = (xs: Tensor[]): Tensor[] => [fn(...xs)].flat().map(weigh)
      const scalar = (xs: Tensor[]): tf.Scalar => tf.addN(outputs(xs).map(y => tf.sum(y))) as tf.Scalar
      const evaluate = (arrays: Float32Array[]): number =>
        tf.tidy(() => {
          let total = 0
          for (const y of outputs(make(arrays))) for (const v of y.dataSync()) total += v
          return total
        })

      const { kernelNames } = await tf.profile(() => tf.tidy(() => void scalar(make(points))))
      expect(kernelNames).toContain(kernel)

      const gradients = tf.tidy(() =>
        tf
          .grads((...xs: Tensor[]) => scalar(xs))(make(points))
          .map(g => g.dataSync()),
      )
      inputs.forEach((_, which) => {
        for (let direction = 0; direction < 2; direction++) {
          const d = values(sizes[which]!, 40 + direction)
          const moved = (step: number): Float32Array[] =>
            points.map((p, i) => (i === which ? p.map((v, j) => v + step * d[j]!) : p))
          const epsilon = 4e-3
          const expected = (evaluate(moved(epsilon)) - evaluate(moved(-epsilon))) / (2 * epsilon)
          const got = Float32Array.from(gradients[which]!).reduce((total, g, j) => total + g * d[j]!, 0)
          // Central differences in float32: rounding about 1e-4, truncation about epsilon².
          expect(Math.abs(got - expected)).toBeLessThan(3e-3 * (1 + Math.abs(expected)))
        }
      })
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  it('joins parts of whole numbers of which one is used', () => {
    const parts = (x: Tensor): Tensor[] => tf.split(tf.cast(x, 'int32'), 2)
    const gradient = tf.grad(x => tf.mul(tf.sum(tf.cast(parts(x)[0]!, 'float32')), 2))(
      tf.tensor1d([1, 2, 3, 4]),
    )
    expect(gradient.dtype).toBe('float32')
    expect(Array.from(gradient.dataSync())).toEqual([2, 2, 0, 0])
    const rows = tf.grad(x => tf.sum(tf.cast(tf.unstack(tf.cast(x, 'int32'))[1]!, 'float32')))(
      tf.ones([2, 2]),
    )
    expect([rows.dtype, ...rows.dataSync()]).toEqual(['float32', 0, 0, 1, 1])
    tf.dispose([gradient, rows])
  })

  it('stays when others are registered, and is restored when it was removed', () => {
    const ours = tf.getGradient('Exp')
    tf.registerGradient({ kernelName: 'Exp', gradFunc: () => ({}) })
    expect(tf.getGradient('Exp')).toBe(ours)
    tf.unregisterGradient('Exp')
    registerGradients()
    expect(tf.getGradient('Exp')).toBe(ours)
    const other = { kernelName: 'SomebodysKernel', gradFunc: () => ({}) }
    tf.registerGradient(other)
    expect(tf.getGradient('SomebodysKernel')).toBe(other)
    tf.unregisterGradient('SomebodysKernel')
  })

  it('differentiates through customGrad and a whole softmax classifier', () => {
    const descend = (): number[] =>
      tf.tidy(() => {
        const x = tf.tensor(values(8 * 4, 1), [8, 4])
        const labels = tf.oneHot(ids([0, 1, 2, 0, 1, 2, 0, 1]), 3)
        let w: Tensor = tf.tensor(values(12, 2), [4, 3])
        const losses: number[] = []
        for (let step = 0; step < 30; step++) {
          const { value, grad } = tf.valueAndGrad((weights: Tensor) =>
            tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(tf.matMul(x, weights))), -1))),
          )(w)
          losses.push((value as tf.Scalar).dataSync()[0]!)
          w = tf.sub(w, tf.mul(grad, 0.5))
        }
        return losses
      })
    const losses = descend()
    expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!)
  })
})
