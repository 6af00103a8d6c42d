import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { TensorData } from '../tree.ts'
import type { Inputs } from './agree.ts'

/** A function of tensors with values on which languages and libraries disagree. */
export interface SpecialCase {
  name: string
  inputs: Inputs
  fn: (...inputs: Tensor[]) => Tensor | Tensor[]
}

type Given = Inputs[string]
const data = {
  float32: (values: number[]): TensorData => Float32Array.from(values),
  int32: (values: number[]): TensorData => Int32Array.from(values),
  bool: (values: number[]): TensorData => Uint8Array.from(values),
}
const given =
  (dtype: keyof typeof data) =>
  (values: number[], shape = [values.length]): Given => ({
    spec: { shape, dtype },
    data: data[dtype](values),
  })
const [float, int, bool] = [given('float32'), given('int32'), given('bool')]
const of = (name: string, inputs: Given[], fn: (...x: Tensor[]) => Tensor | Tensor[]): SpecialCase => ({
  ...{ name, fn },
  inputs: Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])),
})
/** An op by its name. */
const op =
  (name: string): ((...x: Tensor[]) => Tensor) =>
  (...x) =>
    (tf as unknown as Record<string, (...x: Tensor[]) => Tensor>)[name]!(...x)
const ops = (prefix: string, names: string, inputs: Given[]): SpecialCase[] =>
  names.split(' ').map(name => of(`${prefix}${name}`, inputs, op(name)))
const gradients = (names: string, inputs: Given[]): SpecialCase[] =>
  names
    .split(' ')
    .map(name =>
      of(`gradients of ${name}`, inputs, (...x) => tf.grads((...v: Tensor[]) => tf.sum(op(name)(...v)))(x)),
    )

const [N, I] = [Number.NaN, Number.POSITIVE_INFINITY]
const LOW = -(2 ** 31)
const HIGH = 2 ** 31 - 1
const numbers = float([
  ...[1, N, 3, -0, 0, I, -I, -2.5, 2.5, 0.5, -0.5, 1.5, -1.5, 3e9, -3e9, 1e37, -1e-3],
  ...[0.49999997, 8388609.5, 0.7, -0.9],
])
const withoutNan = float([1, 3, 0, -2.5, 2.5, 0.5, -0.5, 1e9, -1e9, 7, -3])
// Every pair of these.
const SIDES = [1, N, -0, 0, I, -I, 5, -5, 7.5, -2, 0.5, -1, 1 / 3, 1e30]
const [left, right] = [0, 1].map(side => float(SIDES.flatMap(a => SIDES.map(b => (side === 0 ? a : b))))) as [
  Given,
  Given,
]
const WHOLE = [5, -5, 3, -3, 7, 0, 1, -1, HIGH, LOW, 2, 31]
const [leftInt, rightInt] = [0, 1].map(side =>
  int(WHOLE.flatMap(a => WHOLE.map(b => (side === 0 ? a : b)))),
) as [Given, Given]
const small = int([0, 1, -1, 2, 3, 1000, -1000, 4096])
const large = int([0, 1, -1, HIGH, LOW, 65536, -65536, 46341])
const rows = float(
  [
    [1, N, 3],
    [N, N, N],
    [2, 2, 2],
    [-I, -I, -I],
    [I, I, 1],
    [-0, 0, -0],
    [3, 1, N],
    [-I, 1, 2],
    [N, 2, 9],
  ].flat(),
  [9, 3],
)
const NONE: Given[] = [float([], [0])]

/** Places inside, at both edges and far outside of 3 elements. */
const indexed = (id: number): SpecialCase[] => {
  const [x, table, wide] = [
    float([1, 2, 3]),
    float([1, 2, 3, 4, 5, 6], [3, 2]),
    float([1, 2, 3, 4, 5, 6], [2, 3]),
  ]
  const [ids, column] = [int([0, id]), int([0, id], [2, 1])]
  const pairs = int([0, 0, 1, id], [2, 2])
  const two = float([7, 8])
  const empty = (): tf.Tensor1D => tf.tensor1d([], 'int32')
  const cases: [string, Given[], (...x: Tensor[]) => Tensor][] = [
    ['gather', [x, ids], (x, i) => tf.gather(x!, i!)],
    ['gather along axis 1', [wide, ids], (x, i) => tf.gather(x!, i!, 1)],
    ['gather of batches', [wide, int([0, id, 1, 1], [2, 2])], (x, i) => tf.gather(x!, i!, 1, 1)],
    ['gradient of gather', [table, ids], (x, i) => tf.grad(v => tf.sum(tf.square(tf.gather(v, i!))))(x!)],
    ['gatherND', [table, pairs], (x, i) => tf.gatherND(x!, i!)],
    ['gatherND of rows', [table, column], (x, i) => tf.gatherND(x!, i!)],
    [
      'gradient of gatherND',
      [table, column],
      (x, i) => tf.grad(v => tf.sum(tf.square(tf.gatherND(v, i!))))(x!),
    ],
    ['scatterND', [column, two], (i, u) => tf.scatterND(i!, u!, [3])],
    ['scatterND of pairs', [pairs, two], (i, u) => tf.scatterND(i!, u!, [3, 2])],
    ['tensorScatterUpdate', [x, column, two], (x, i, u) => tf.tensorScatterUpdate(x!, i!, u!)],
    [
      'tensorScatterUpdate of rows',
      [table, column, table],
      (x, i, u) => tf.tensorScatterUpdate(x!, i!, tf.slice(u!, [0, 0], [2, 2])),
    ],
    ['oneHot', [ids], i => tf.oneHot(i!, 3)],
    ['oneHot with other values', [ids], i => tf.oneHot(i!, 3, 5, -2)],
    ['unsortedSegmentSum', [two, ids], (x, i) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 3)],
    [
      'gradient of unsortedSegmentSum',
      [two, ids],
      (x, i) => tf.grad(v => tf.sum(tf.square(tf.unsortedSegmentSum(v, i as tf.Tensor1D, 3))))(x!),
    ],
    ['bincount', [ids], i => tf.bincount(i as tf.Tensor1D, empty(), 3)],
    ['denseBincount', [ids], i => tf.denseBincount(i as tf.Tensor1D, empty(), 3)],
    [
      'denseBincount of rows',
      [pairs],
      i => tf.denseBincount(i as tf.Tensor2D, tf.tensor2d([], [0, 2], 'int32'), 3),
    ],
    ['sparseToDense', [ids, two], (i, v) => tf.sparseToDense(i!, v!, [3], tf.scalar(0))],
    [
      'sparseSegmentSum',
      [table, ids],
      (x, i) => tf.sparse.sparseSegmentSum(x!, i as tf.Tensor1D, tf.tensor1d([0, 0], 'int32')),
    ],
  ]
  return cases.map(([name, inputs, fn]) => of(`${name} at ${id}`, inputs, fn))
}

const UNARY =
  'neg abs square relu relu6 floor ceil round exp expm1 log log1p sqrt rsqrt reciprocal sin cos tan asin acos atan sinh ' +
  'cosh tanh asinh acosh atanh sigmoid softplus logSigmoid elu selu erf isNaN isInf isFinite leakyRelu step softmax ' +
  'logSoftmax logSumExp sum mean prod max min argMax argMin cumsum cumprod zerosLike onesLike'

/** NaN, infinities, zeros with signs, places outside, whole numbers that overflow, ties, and tensors without elements. */
export function specialCases(): SpecialCase[] {
  return [
    ...ops('', UNARY, [numbers]),
    of('step with a slope', [numbers], x => tf.step(x!, 0.3)),
    of('clipByValue', [numbers], x => tf.clipByValue(x!, -1, 2)),
    of('cast to int32', [numbers], x => tf.cast(x!, 'int32')),
    of('cast to bool and back', [numbers], x => tf.cast(tf.cast(x!, 'bool'), 'float32')),
    ...ops(
      '',
      'add sub mul div divNoNan maximum minimum pow mod floorDiv atan2 squaredDifference greater greaterEqual less lessEqual equal notEqual prelu',
      [left, right],
    ),
    ...ops('int32 ', 'add sub div divNoNan maximum minimum mod floorDiv greater less equal bitwiseAnd', [
      leftInt,
      rightInt,
    ]),
    of('int32 pow', [small, int([3, 40, 31, 5, 7, 2, 3, 2])], op('pow')),
    of('int32 mul', [large, int([2, 3, -1, 1, 1, 65536, 65536, 46341])], op('mul')),
    of('int32 matMul', [int([65536, 3, 1, 2], [2, 2]), int([65536, 5, 7, 9], [2, 2])], (a, b) =>
      tf.matMul(a!, b!),
    ),
    ...ops(
      'int32 ',
      'neg relu relu6 round isNaN isInf isFinite sum prod max min argMax argMin cumsum cumprod',
      [large],
    ),
    ...ops(
      'int32 ',
      'abs sign square log1p reciprocal softplus selu asin acos atan sinh asinh atanh expm1 exp erf step mean',
      [small],
    ),
    of('int32 clipByValue', [large], x => tf.clipByValue(x!, -1.5, 2.5)),
    of('int32 cast to bool', [large], x => tf.cast(x!, 'bool')),
    of('int32 cast to float32', [large], x => tf.cast(x!, 'float32')),
    of('int32 sums of rows', [int([HIGH, 1, 5, 6], [2, 2])], x => tf.sum(x!, 1)),
    of('int32 sums by index', [int([0, 0], [2, 1]), int([HIGH, 1])], (i, u) => tf.scatterND(i!, u!, [3])),
    ...ops(
      'bool ',
      'greater greaterEqual less lessEqual equal notEqual logicalAnd logicalOr logicalXor maximum minimum mul',
      [bool([0, 0, 1, 1]), bool([0, 1, 0, 1])],
    ),
    ...ops(
      'bool ',
      'sum mean prod max min argMax argMin cumsum cumprod all any logicalNot isNaN isInf isFinite',
      [bool([0, 1, 1])],
    ),
    of('where of bool', [bool([1, 0]), bool([1, 1]), bool([0, 0])], (c, a, b) => tf.where(c!, a!, b!)),
    of('where of two types', [bool([1, 0]), float([1, 2]), int([3, 4])], (c, a, b) => tf.where(c!, a!, b!)),
    of('where with NaN', [bool([1, 0, 1]), float([1, 2, N]), float([N, N, 1])], (c, a, b) =>
      tf.where(c!, a!, b!),
    ),
    ...['max', 'min', 'argMax', 'argMin', 'softmax', 'logSoftmax', 'logSumExp', 'sum', 'cumsum'].map(name =>
      of(`${name} of rows`, [rows], x =>
        (tf as unknown as Record<string, (x: Tensor, axis: number) => Tensor>)[name]!(x!, 1),
      ),
    ),
    of('norms', [rows], x => [tf.norm(x!, I, 1), tf.norm(x!, -I, 1), tf.norm(x!, 1, 1)]),
    of('topk with ties', [float([1, 3, 3, 2, 3, 1, 2, 3])], x => Object.values(tf.topk(x!, 6))),
    of('topk with many ties', [float(Array.from({ length: 40 }, (_, i) => (i * 7) % 5))], x =>
      Object.values(tf.topk(x!, 12)),
    ),
    of('topk of zeros and infinities', [float([-0, 0, I, -I, I, -0])], x => Object.values(tf.topk(x!, 6))),
    ...[false, true].flatMap(exclusive =>
      [false, true].flatMap(reverse => [
        of(`cumsum ${exclusive} ${reverse}`, [float([1, I, 3, -I, N, 2])], x =>
          tf.cumsum(x!, 0, exclusive, reverse),
        ),
        of(`cumprod ${exclusive} ${reverse}`, [float([0, I, 3, N, 2])], x =>
          tf.cumprod(x!, 0, exclusive, reverse),
        ),
        of(`int32 cumsum ${exclusive} ${reverse}`, [int([HIGH, 1, 3, 4])], x =>
          tf.cumsum(x!, 0, exclusive, reverse),
        ),
      ]),
    ),
    ...[0, 2, -1, 3, -3, -4, 1_000_000].flatMap(indexed),
    of('sparseToDense at one place twice', [int([0, 0]), float([7, 8])], (i, v) =>
      tf.sparseToDense(i!, v!, [3], tf.scalar(0)),
    ),
    ...gradients(
      'relu relu6 elu selu leakyRelu sigmoid tanh sqrt max min softmax exp square softplus cumsum erf',
      [numbers],
    ),
    ...gradients('add sub mul div maximum minimum pow mod squaredDifference prelu', [withoutNan, withoutNan]),
    of('gradient of max with ties', [float([3, 1, 3])], x => tf.grad(v => tf.max(v))(x!)),
    of('gradient of topk with ties', [float([3, 1, 3, 3])], x =>
      tf.grad(v => tf.sum(tf.mul(tf.topk(v, 2).values, tf.tensor1d([1, 2]))))(x!),
    ),
    of('maxPool', [float([1, N, 3, 2, -I, -I, N, N, 0, 0, -0, -0, 5, N, 1, 1], [1, 4, 4, 1])], x => [
      tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
      tf.maxPool(x as tf.Tensor4D, 3, 1, 'same'),
      tf.maxPool(x as tf.Tensor4D, [1, 2], 1, 'valid'),
      tf.maxPool(x as tf.Tensor4D, 1, 1, 'valid'),
      tf.maxPool(x as tf.Tensor4D, 1, 2, 'valid'),
      tf.grad(v => tf.sum(tf.maxPool(v as tf.Tensor4D, 2, 2, 'valid')))(x!),
    ]),
    of('avgPool', [float([1, N, 3, 2, I, -I, 1, 1, 0, 0, -0, -0, 5, N, 1, 1], [1, 4, 4, 1])], x =>
      tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'),
    ),
    of('dilation2d', [float([1, N, I, 2], [1, 2, 2, 1]), float([0, 0, 0, 1], [2, 2, 1])], (x, w) =>
      tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, 1, 'same'),
    ),
    of('matMul', [float([1, N, 0, I], [2, 2]), float([0, 1, 0, I], [2, 2])], (a, b) => tf.matMul(a!, b!)),
    of(
      'int32 matMul of a transposed matrix',
      [int([1, 2, 3, 4], [2, 2]), int([5, 6, 7, 8], [2, 2])],
      (a, b) => tf.matMul(a!, b!, true),
    ),
    of('complex of int32', [int([3, 4]), int([4, 3])], (a, b) => [
      tf.real(tf.complex(a!, b!)),
      tf.abs(tf.complex(a!, b!)),
    ]),
    of('resizeBilinear of int32', [int([1, 2, 3, 4], [1, 2, 2, 1])], x =>
      tf.image.resizeBilinear(x as tf.Tensor4D, [3, 3]),
    ),
    of('matMul of nothing', [float([], [2, 0]), float([], [0, 3])], (a, b) => tf.matMul(a!, b!)),
    ...ops('no elements: ', 'sum mean prod max min argMax argMin', NONE),
    ...ops('no elements: ', 'all any', [bool([], [0])]),
    of('rows without elements', [float([], [2, 0])], x => [tf.sum(x!, 1), tf.max(x!, 1), tf.min(x!, 1)]),
    of('no rows', [float([], [0, 3])], x => [tf.max(x!, 1), tf.softmax(x!), tf.argMax(x!, 1)]),
    of('pad with NaN and infinity', [float([1, N])], x => [
      tf.pad(x!, [[1, 1]], N),
      tf.pad(x!, [[0, 2]], -I),
    ]),
    of('zeros and NaN', [numbers], x => [
      tf.mul(x!, 0),
      tf.mul(x!, tf.zerosLike(x!)),
      tf.sub(x!, x!),
      tf.div(x!, x!),
    ]),
    of('searchSorted', [float([1, 2, 3, 4], [1, 4]), float([N, 0, 5, 2, 2.5, I, -I], [1, 7])], (s, v) =>
      tf.searchSorted(s!, v!),
    ),
    of('multinomial', [float([N, 1, 1, -I, -I, -I, 1, -I, 2], [3, 3])], x =>
      tf.multinomial(x as tf.Tensor2D, 5, 3),
    ),
  ]
}
