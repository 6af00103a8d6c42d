import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type KernelCase, LOOSE, unary } from './kernel-case.ts'

type Image = tf.Tensor4D

const image = (name: string, shape: number[], fn: (x: Image) => Tensor | Tensor[]): KernelCase => ({
  name,
  shapes: [shape.map(String)],
  tolerance: LOOSE,
  fn: x => fn(x as Image),
})

/** Kernels on images, cumulative products and counts. */
export function spatialCases(): KernelCase[] {
  const convolutions = (
    [
      [1, 'same', 1],
      [1, 'valid', 1],
      [2, 'same', 1],
      [2, 'valid', 1],
      [1, 'same', 2],
      [[1, 2], 1, 1],
    ] as const
  ).flatMap(([strides, pad, dilations]) => {
    const suffix = `strides ${strides}, pad ${pad}, dilations ${dilations}`
    const s = strides as [number, number]
    return [
      {
        name: `Conv2D ${suffix}`,
        shapes: [
          ['2', '7', '6', '3'],
          ['3', '2', '3', '4'],
        ],
        tolerance: LOOSE,
        fn: (x: Tensor, w: Tensor) => tf.conv2d(x as Image, w as Image, s, pad, 'NHWC', dilations),
      },
      {
        name: `DepthwiseConv2dNative ${suffix}`,
        shapes: [
          ['2', '7', '6', '3'],
          ['3', '2', '3', '2'],
        ],
        tolerance: LOOSE,
        fn: (x: Tensor, w: Tensor) => tf.depthwiseConv2d(x as Image, w as Image, s, pad, 'NHWC', dilations),
      },
    ]
  })
  const backward = ([1, 2, 3] as const).flatMap(strides =>
    (['same', 'valid'] as const).flatMap(pad => {
      const attrs = { strides, pad, dataFormat: 'NHWC', dimRoundingMode: undefined }
      const info = tf.backend_util.computeConv2DInfo([2, 7, 6, 3], [3, 2, 3, 4], strides, 1, pad)
      const deep = tf.backend_util.computeConv2DInfo(
        [2, 7, 6, 3],
        [3, 2, 3, 2],
        strides,
        1,
        pad,
        undefined,
        true,
      )
      const run = (kernel: string, inputs: object, more: object): Tensor =>
        tf
          .engine()
          .runKernel(kernel, inputs as tf.NamedTensorMap, { ...attrs, ...more } as unknown as tf.NamedAttrMap)
      const [x, w, dw] = [
        ['2', '7', '6', '3'],
        ['3', '2', '3', '4'],
        ['3', '2', '3', '2'],
      ]
      const [dy, ddy] = [info.outShape.map(String), deep.outShape.map(String)]
      const suffix = `strides ${strides}, pad ${pad}`
      const both = (name: string, shapes: string[][], fn: (a: Tensor, b: Tensor) => Tensor): KernelCase => ({
        name: `${name} ${suffix}`,
        shapes,
        tolerance: LOOSE,
        fn,
      })
      return [
        both('Conv2DBackpropInput', [dy, w], (dy, filter) =>
          run(tf.Conv2DBackpropInput, { dy, filter }, { inputShape: [2, 7, 6, 3] }),
        ),
        both('Conv2DBackpropFilter', [x, dy], (x, dy) =>
          run(tf.Conv2DBackpropFilter, { x, dy }, { filterShape: [3, 2, 3, 4] }),
        ),
        both('DepthwiseConv2dNativeBackpropInput', [ddy, dw], (dy, filter) =>
          run(
            tf.DepthwiseConv2dNativeBackpropInput,
            { dy, filter },
            { inputShape: [2, 7, 6, 3], dilations: 1 },
          ),
        ),
        both('DepthwiseConv2dNativeBackpropFilter', [x, ddy], (x, dy) =>
          run(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { filterShape: [3, 2, 3, 2], dilations: 1 }),
        ),
      ]
    }),
  )
  const pools = ([1, 2, 3] as const).flatMap(strides =>
    (['same', 'valid'] as const).flatMap(pad => {
      const suffix = `strides ${strides}, pad ${pad}`
      const attrs = { filterSize: [3, 2], strides, pad } as unknown as tf.NamedAttrMap
      return [
        image(`MaxPool ${suffix}`, [2, 7, 6, 3], x => tf.maxPool(x, [3, 2], strides, pad)),
        image(`AvgPool ${suffix}`, [2, 7, 6, 3], x => tf.avgPool(x, [3, 2], strides, pad)),
        image(`MaxPoolGrad ${suffix}`, [2, 7, 6, 3], x => {
          const output = tf.maxPool(x, [3, 2], strides, pad)
          return tf
            .engine()
            .runKernel(tf.MaxPoolGrad, { dy: tf.square(output), input: x, output }, attrs) as Tensor
        }),
        image(`AvgPoolGrad ${suffix}`, [2, 7, 6, 3], x => {
          const dy = tf.square(tf.avgPool(x, [3, 2], strides, pad))
          return tf.engine().runKernel(tf.AvgPoolGrad, { dy, input: x }, attrs) as Tensor
        }),
      ]
    }),
  )
  return [
    ...convolutions,
    ...backward,
    ...pools,
    {
      name: 'FusedConv2D',
      shapes: [['2', '5', '5', '3'], ['3', '3', '3', '4'], ['4']],
      tolerance: LOOSE,
      fn: (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as Image,
          filter: filter as Image,
          strides: 1,
          pad: 'same',
          bias,
          activation: 'relu',
        }),
    },
    {
      name: 'FusedDepthwiseConv2D',
      shapes: [['2', '5', '5', '3'], ['3', '3', '3', '1'], ['3']],
      tolerance: LOOSE,
      fn: (x, filter, bias) =>
        tf.fused.depthwiseConv2d({
          x: x as Image,
          filter: filter as Image,
          strides: 1,
          pad: 'same',
          bias,
          activation: 'relu6',
        }),
    },
    ...(
      [
        [false, false],
        [true, false],
        [false, true],
      ] as const
    ).flatMap(([align, half]) => [
      image(`ResizeBilinear ${align} ${half}`, [2, 4, 5, 3], x =>
        tf.image.resizeBilinear(x, [7, 3], align, half),
      ),
      image(`ResizeNearestNeighbor ${align} ${half}`, [2, 4, 5, 3], x =>
        tf.image.resizeNearestNeighbor(x, [7, 3], align, half),
      ),
    ]),
    image('DepthToSpace', [2, 3, 2, 12], x => tf.depthToSpace(x, 2)),
    image('BatchToSpaceND', [8, 3, 2, 3], x =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    ),
    image('SpaceToBatchND', [2, 3, 4, 3], x =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 1],
          [2, 0],
        ],
      ),
    ),
    ...[false, true].flatMap(exclusive =>
      [false, true].map(reverse =>
        unary(`Cumprod ${exclusive ? 'exclusive' : ''} ${reverse ? 'reverse' : ''}`, x =>
          tf.cumprod(x, 1, exclusive, reverse),
        ),
      ),
    ),
    {
      name: 'Bincount',
      shapes: [['9'], ['9']],
      dtypes: ['int32', 'float32'],
      range: [0, 6],
      fn: (x, weights) => tf.bincount(x as tf.Tensor1D, weights as tf.Tensor1D, 5),
    },
    {
      name: 'Bincount without weights',
      shapes: [['9']],
      dtypes: ['int32'],
      range: [0, 6],
      fn: x => tf.bincount(x as tf.Tensor1D, tf.tensor1d([], 'int32'), 7),
    },
  ]
}
