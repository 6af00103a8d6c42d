import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type KernelCase, LOOSE } from './kernel-case.ts'

type Image = tf.Tensor4D
type Volume = tf.Tensor5D

const of = (
  name: string,
  shapes: number[][],
  fn: (...inputs: Tensor[]) => Tensor | Tensor[],
  options: Partial<KernelCase> = {},
): KernelCase => ({ name, shapes: shapes.map(shape => shape.map(String)), tolerance: LOOSE, ...options, fn })

/** A kernel that no op of tfjs calls but a gradient. */
const run = (kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  tf.engine().runKernel(kernel, inputs as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap)

/** Kernels on volumes, complex numbers, samples of images, and sparse tensors. */
export function furtherCases(): KernelCase[] {
  const windows = [
    [1, 'same'],
    [2, 'same'],
    [2, 'valid'],
  ] as const
  const volumes = windows.flatMap(([strides, pad]): KernelCase[] => {
    const suffix = `strides ${strides}, pad ${pad}`
    const [shape, filter] = [
      [1, 5, 4, 3, 2],
      [2, 3, 2, 2, 3],
    ] as [number[], number[]]
    const { outShape } = tf.backend_util.computeConv3DInfo(shape as never, filter as never, strides, 1, pad)
    const attrs = { strides, pad }
    const poolAttrs = { filterSize: 2, strides, pad }
    return [
      of(`Conv3D ${suffix}`, [shape, filter], (x, w) => tf.conv3d(x as Volume, w as Volume, strides, pad)),
      of(`Conv3DBackpropInputV2 ${suffix}`, [outShape, filter], (dy, filter) =>
        run(tf.Conv3DBackpropInputV2, { dy: dy!, filter: filter! }, { ...attrs, inputShape: shape }),
      ),
      of(`Conv3DBackpropFilterV2 ${suffix}`, [shape, outShape], (x, dy) =>
        run(tf.Conv3DBackpropFilterV2, { x: x!, dy: dy! }, { ...attrs, filterShape: filter }),
      ),
      of(`MaxPool3D ${suffix}`, [shape], x => tf.maxPool3d(x as Volume, [2, 3, 2], strides, pad)),
      of(`AvgPool3D ${suffix}`, [shape], x => tf.avgPool3d(x as Volume, [2, 3, 2], strides, pad)),
      of(`MaxPool3DGrad ${suffix}`, [shape], x => {
        // A cube, because tfjs confuses height and width.
        const output = tf.maxPool3d(x as Volume, 2, strides, pad)
        return run(tf.MaxPool3DGrad, { dy: tf.square(output), input: x!, output }, poolAttrs)
      }),
      of(`AvgPool3DGrad ${suffix}`, [shape], x => {
        const dy = tf.square(tf.avgPool3d(x as Volume, 2, strides, pad))
        return run(tf.AvgPool3DGrad, { dy, input: x! }, poolAttrs)
      }),
    ]
  })
  const dilations = windows.flatMap(([strides, pad]): KernelCase[] => {
    const suffix = `strides ${strides}, pad ${pad}`
    const attrs = { strides, pad, dilations: strides === 1 ? 2 : 1 }
    const [shape, filter] = [
      [2, 6, 5, 3],
      [2, 3, 3],
    ]
    const { outShape } = tf.backend_util.computeDilation2DInfo(
      shape as never,
      filter as never,
      strides,
      pad,
      'NHWC',
      attrs.dilations,
    )
    const inputs = (x?: Tensor, filter?: Tensor, dy?: Tensor) => ({ x: x!, filter: filter!, dy: dy! })
    return [
      of(`Dilation2D ${suffix}`, [shape!, filter!], (x, w) =>
        tf.dilation2d(x as Image, w as tf.Tensor3D, strides, pad, attrs.dilations),
      ),
      of(`Dilation2DBackpropInput ${suffix}`, [shape!, filter!, outShape], (x, w, dy) =>
        run(tf.Dilation2DBackpropInput, inputs(x, w, dy), attrs),
      ),
      of(`Dilation2DBackpropFilter ${suffix}`, [shape!, filter!, outShape], (x, w, dy) =>
        run(tf.Dilation2DBackpropFilter, inputs(x, w, dy), attrs),
      ),
    ]
  })
  const parts = (z: Tensor): Tensor[] => [tf.real(z), tf.imag(z)]
  const complex = [
    of(
      'Complex, Real, Imag',
      [
        [3, 4],
        [3, 4],
      ],
      (a, b) => parts(tf.complex(a!, b!)),
    ),
    of(
      'ComplexAbs',
      [
        [3, 4],
        [3, 4],
      ],
      (a, b) => tf.abs(tf.complex(a!, b!)),
    ),
    ...[8, 6, 7].flatMap(n => [
      of(
        `FFT of ${n}`,
        [
          [3, n],
          [3, n],
        ],
        (a, b) => parts(tf.fft(tf.complex(a!, b!))),
      ),
      of(
        `IFFT of ${n}`,
        [
          [3, n],
          [3, n],
        ],
        (a, b) => parts(tf.ifft(tf.complex(a!, b!))),
      ),
      of(`RFFT of ${n} and back`, [[3, n]], x => [...parts(tf.spectral.rfft(x!)), tf.irfft(tf.rfft(x!))]),
    ]),
    of(
      'complex numbers moved and added',
      [
        [2, 3],
        [2, 3],
      ],
      (a, b) => {
        const z = tf.complex(a!, b!)
        const moved = tf.concat([tf.transpose(z), tf.transpose(tf.add(z, z))], 0)
        return parts(tf.reshape(moved, [4, 3]))
      },
    ),
    of('stft', [[24]], x => parts(tf.signal.stft(x as tf.Tensor1D, 8, 4))),
  ]
  const boxes = (b: Tensor): tf.Tensor2D => tf.reshape(b, [-1, 4]) as tf.Tensor2D
  const crops = (['bilinear', 'nearest'] as const).flatMap(method =>
    (
      [
        [3, 4],
        [1, 2],
      ] as [number, number][]
    ).map(size =>
      of(
        `CropAndResize ${method} ${size}`,
        [
          [2, 5, 6, 2],
          [3, 4],
        ],
        (x, b) =>
          tf.image.cropAndResize(x as Image, boxes(b!), tf.tensor1d([0, 1, 1], 'int32'), size, method, 0.25),
        { range: [-0.2, 1.2] },
      ),
    ),
  )
  const transforms = (['constant', 'reflect', 'wrap', 'nearest'] as const).flatMap(fill =>
    (['nearest', 'bilinear'] as const).map(interpolation =>
      of(
        `Transform ${interpolation} ${fill}`,
        [
          [1, 5, 6, 2],
          [1, 8],
        ],
        (x, t) => {
          // The last two bend the image, a little.
          const scaled = tf.mul(t!, tf.tensor1d([1, 1, 4, 1, 1, 4, 0.01, 0.01]))
          return tf.image.transform(x as Image, scaled as tf.Tensor2D, interpolation, fill, 0.5, [4, 5])
        },
      ),
    ),
  )
  return [
    ...volumes,
    ...dilations,
    ...[false, true].map(includeBatch =>
      of(`MaxPoolWithArgmax ${includeBatch}`, [[2, 5, 4, 3]], x =>
        Object.values(tf.maxPoolWithArgmax(x as Image, [3, 2], 2, 'same', includeBatch)),
      ),
    ),
    of('LRN', [[2, 3, 2, 7]], x => tf.localResponseNormalization(x as Image, 2, 1.5, 0.5, 0.6)),
    of(
      'LRNGrad',
      [
        [2, 3, 2, 7],
        [2, 3, 2, 7],
        [2, 3, 2, 7],
      ],
      (x, y, dy) =>
        run(tf.LRNGrad, { x: x!, y: y!, dy: dy! }, { depthRadius: 2, bias: 1.5, alpha: 0.5, beta: 0.6 }),
    ),
    of(
      'EluGrad',
      [
        [3, 4],
        [3, 4],
      ],
      (dy, y) => run(tf.EluGrad, { dy: dy!, y: y! }, {}),
    ),
    ...[false, true].flatMap(alignCorners =>
      // Square and one of them, because tfjs confuses height and width, and the images.
      [tf.ResizeBilinearGrad, tf.ResizeNearestNeighborGrad].map(kernel =>
        of(
          `${kernel} ${alignCorners}`,
          [
            [1, 4, 4, 3],
            [1, 7, 3, 3],
          ],
          (images, dy) =>
            run(kernel, { images: images!, dy: dy! }, { alignCorners, halfPixelCenters: false }),
        ),
      ),
    ),
    of('FlipLeftRight', [[2, 3, 4, 3]], x => tf.image.flipLeftRight(x as Image)),
    of('RotateWithOffset', [[2, 5, 6, 4]], x =>
      tf.image.rotateWithOffset(x as Image, 0.7, [1, 2, 3], [0.4, 0.5]),
    ),
    ...crops,
    ...transforms,
    of('MirrorPad symmetric', [[3, 4]], x =>
      tf.mirrorPad(
        x!,
        [
          [1, 3],
          [4, 0],
        ],
        'symmetric',
      ),
    ),

    ...(['left', 'right'] as const).map(side =>
      of(
        `SearchSorted ${side}`,
        [
          [2, 7],
          [2, 5],
        ],
        (x, v) => tf.searchSorted(tf.cumsum(x!, 1), v!, side),
        { dtypes: ['int32', 'int32'], range: [0, 3] },
      ),
    ),
    of('Multinomial', [[3, 5]], x => tf.multinomial(x as tf.Tensor2D, 9, 4)),
    of('Multinomial of probabilities', [[5]], x => tf.multinomial(tf.softmax(x!) as tf.Tensor1D, 9, 7, true)),
    of(
      'NonMaxSuppressionV4',
      [[8, 4], [8]],
      (b, s) =>
        Object.values(tf.image.nonMaxSuppressionPadded(boxes(b!), s as tf.Tensor1D, 5, 0.3, 0.2, true)),
      { range: [0, 1] },
    ),
    ...[false, true].flatMap(binary => [
      of(
        `DenseBincount ${binary}`,
        [
          [3, 9],
          [3, 9],
        ],
        (x, w) => tf.denseBincount(tf.cast(x!, 'int32') as tf.Tensor2D, w as tf.Tensor2D, 5, binary),
        { dtypes: ['int32', 'float32'], range: [0, 6] },
      ),
      of(
        `DenseBincount of a vector ${binary}`,
        [[9]],
        x => tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([], 'int32'), 5, binary),
        { dtypes: ['int32'], range: [0, 6] },
      ),
    ]),
    of('SparseToDense', [[2]], v =>
      tf.sparseToDense(tf.tensor2d([0, 2, 3, 1], [2, 2], 'int32'), v!, [4, 3], tf.scalar(1.5)),
    ),
    of('SparseToDense of one number', [[]], v =>
      tf.sparseToDense(tf.tensor1d([1, 4], 'int32'), v!, [6], tf.scalar(2)),
    ),
    of(
      'SparseReshape',
      [[4, 1]],
      x => {
        const shape = tf.tensor1d([2, 3, 6], 'int32')
        const indices = tf.concat([tf.minimum(x!, tf.scalar(1, 'int32')), x!, x!], 1)
        return Object.values(
          tf.sparse.sparseReshape(indices as tf.Tensor2D, shape, tf.tensor1d([9, -1], 'int32')),
        )
      },
      { dtypes: ['int32'], range: [0, 3] },
    ),
    ...(['sparseSegmentSum', 'sparseSegmentMean'] as const).map(name =>
      of(
        name,
        [[5, 3], [4]],
        (x, indices) => tf.sparse[name](x!, indices as tf.Tensor1D, tf.tensor1d([0, 0, 2, 3], 'int32')),
        { dtypes: ['float32', 'int32'], range: [0, 5] },
      ),
    ),
    of('BroadcastArgs', [[2, 3]], x =>
      tf.add(
        tf.sum(x!),
        run(tf.BroadcastArgs, { s0: tf.tensor1d([2, 1], 'int32'), s1: tf.tensor1d([3], 'int32') }, {}),
      ),
    ),
    ...complex,

    // What random graphs found (npm run fuzz-graphs).
    of('Add of what was expanded', [[1, 4]], x =>
      tf.add(tf.broadcastTo(x!, [3, 4]), tf.add(tf.zeros([3, 4]), tf.mul(tf.sum(x!), 0.5))),
    ),
    of('Add of a row and a number', [[1, 4]], x => tf.add(tf.broadcastTo(x!, [3, 4]), tf.fill([3, 4], 0.5))),
    of('Maximum of two constants', [[3]], x => tf.cumsum(tf.maximum(tf.zerosLike(x!), tf.onesLike(x!)))),
    of('Expm1 of small numbers', [[3, 4]], x => tf.mul(tf.expm1(tf.mul(x!, 1e-4)), 1e4)),
    of('Log1p of small numbers', [[3, 4]], x => tf.mul(tf.log1p(tf.mul(x!, 1e-4)), 1e4)),
    of('Log1p of large numbers', [[3, 4]], x => tf.log1p(tf.exp(tf.mul(x!, 9)))),
    of('Softplus far below 0', [[3, 4]], x => tf.mul(tf.softplus(tf.sub(x!, 18)), 1e8)),
  ]
}
