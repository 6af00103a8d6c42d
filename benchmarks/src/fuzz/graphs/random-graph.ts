import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** Whole numbers and choices from a seed. */
export interface Dice {
  /** In [0, 1). */
  next(): number
  /** A whole number in [low, high]. */
  int(low: number, high: number): number
  pick<T>(of: readonly T[]): T
}

/** One input of a graph. */
export interface GraphInput {
  shape: number[]
  dtype: 'float32' | 'int32' | 'bool'
}

/** A step: an op on earlier values by their numbers. */
interface Step {
  op: string
  operands: number[]
  apply: (operands: Tensor[]) => Tensor
}

/** A random program: what it takes, and the ops that it applies in turn. */
export interface RandomGraph {
  inputs: GraphInput[]
  steps: Step[]
  /** Whether gradients by the float32 inputs are outputs, too. */
  gradient: boolean
}

/** mulberry32: the state is one number, so any graph can be made again by itself. */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return { next, int, pick: of => of[int(0, of.length - 1)]! }
}

type Make = (d: Dice, x: Tensor, others: readonly Tensor[]) => ((xs: Tensor[]) => Tensor) | undefined
/** An op that is tried on a value: `operands` picks further values that fit, and nothing where the op does not apply. */
interface Rule {
  op: string
  dtypes: readonly string[]
  second?: (x: Tensor, y: Tensor) => boolean
  make: Make
}

const REAL = ['float32']
const NUMBERS = ['float32', 'int32']
const ANY = ['float32', 'int32', 'bool']
const MOST_ELEMENTS = 4096

const unary = (op: string, fn: (x: Tensor) => Tensor, dtypes: readonly string[] = REAL): Rule => ({
  op,
  dtypes,
  make:
    () =>
    ([x]) =>
      fn(x!),
})
const broadcasts = (x: Tensor, y: Tensor): boolean => {
  if (x.dtype !== y.dtype) return false
  try {
    tf.broadcast_util.assertAndGetBroadcastShape(x.shape, y.shape)
    return true
  } catch {
    return false
  }
}
const binary = (
  op: string,
  fn: (a: Tensor, b: Tensor) => Tensor,
  dtypes: readonly string[] = NUMBERS,
): Rule => ({
  op,
  dtypes,
  second: broadcasts,
  make:
    () =>
    ([a, b]) =>
      fn(a!, b!),
})
const axisOf = (d: Dice, x: Tensor): number => d.int(-x.rank, x.rank - 1)
const along = (
  op: string,
  fn: (x: Tensor, axis: number, flag: boolean, other: boolean) => Tensor,
  dtypes: readonly string[] = REAL,
): Rule => ({
  op,
  dtypes,
  make: (d, x) => {
    if (x.rank === 0) return undefined
    const [axis, flag, other] = [axisOf(d, x), d.next() < 0.5, d.next() < 0.5]
    return ([v]) => fn(v!, axis, flag, other)
  },
})
const safe = (x: Tensor): Tensor => tf.add(tf.abs(x), 0.5)
const odd = (x: Tensor): Tensor =>
  x.dtype === 'int32' ? tf.add(tf.mul(x, tf.scalar(2, 'int32')), tf.scalar(1, 'int32')) : safe(x)

const KEEPING = {
  neg: tf.neg,
  abs: tf.abs,
  square: tf.square,
  relu: tf.relu,
  clone: tf.clone,
  onesLike: tf.onesLike,
  zerosLike: tf.zerosLike,
}
const SMOOTH: Record<string, (x: Tensor) => Tensor> = {
  tanh: tf.tanh,
  // Not so far below 0 that the results are 0 when compiled: see COVERAGE.md of the compiler.
  sigmoid: x => tf.sigmoid(tf.clipByValue(x, -12, 1e38)),
  softplus: x => tf.softplus(tf.clipByValue(x, -60, 1e38)),
  elu: tf.elu,
  selu: tf.selu,
  erf: tf.erf,
  sin: tf.sin,
  cos: tf.cos,
  atan: tf.atan,
  relu6: tf.relu6,
  asinh: tf.asinh,
}
const ARITHMETIC = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
}
const COMPARISONS = {
  greater: tf.greater,
  less: tf.less,
  lessEqual: tf.lessEqual,
  equal: tf.equal,
  notEqual: tf.notEqual,
}

/** What graphs are made of. Each op gets operands on which tfjs and ONNX Runtime are both defined. */
const RULES: readonly Rule[] = [
  ...Object.entries(KEEPING).map(([op, fn]) => unary(op, fn, NUMBERS)),
  ...Object.entries(SMOOTH).map(([op, fn]) => unary(op, fn)),
  unary('exp', x => tf.exp(tf.clipByValue(x, -9, 5))),
  unary('expm1', x => tf.expm1(tf.clipByValue(x, -9, 5))),
  unary('log', x => tf.log(safe(x))),
  unary('log1p', x => tf.log1p(tf.abs(x))),
  unary('sqrt', x => tf.sqrt(safe(x))),
  unary('rsqrt', x => tf.rsqrt(safe(x))),
  unary('reciprocal', x => tf.reciprocal(safe(x))),
  unary('leakyRelu', x => tf.leakyRelu(x, 0.1)),
  unary('clipByValue', x => tf.clipByValue(x, -1.5, 0.75), NUMBERS),
  unary('step', x => tf.step(x, 0.5)),
  unary('logicalNot', tf.logicalNot, ['bool']),
  unary('toFloat', x => tf.cast(x, 'float32'), ['int32', 'bool']),
  unary('toInt', x => tf.cast(tf.clipByValue(x, -1e6, 1e6), 'int32')),
  unary('toInt', x => tf.cast(x, 'int32'), ['bool']),
  unary('toBool', x => tf.cast(x, 'bool'), ['int32']),
  ...Object.entries(ARITHMETIC).map(([op, fn]) => binary(op, fn)),
  binary('div', (a, b) => tf.div(a, odd(b))),
  binary('floorDiv', (a, b) => tf.floorDiv(a, odd(b)), ['int32']),
  binary('mod', (a, b) => tf.mod(a, odd(b)), ['int32']),
  binary('pow', (a, b) => tf.pow(safe(a), tf.clipByValue(b, -2, 2)), REAL),
  binary('atan2', (a, b) => tf.atan2(a, safe(b)), REAL),
  binary('prelu', (a, b) => tf.prelu(a, tf.broadcastTo(b, b.shape)), REAL),
  ...Object.entries(COMPARISONS).map(([op, fn]) => binary(op, fn, ['int32'])),
  binary('logicalAnd', tf.logicalAnd, ['bool']),
  binary('logicalOr', tf.logicalOr, ['bool']),
  binary('where', (a, b) => tf.where(tf.greater(a, tf.zerosLike(a)), a, b), NUMBERS),
  ...Object.entries({ sum: tf.sum, max: tf.max, min: tf.min }).map(([op, fn]) =>
    along(op, (x, axis, keep) => fn(x, axis, keep), NUMBERS),
  ),
  ...Object.entries({ mean: tf.mean, logSumExp: tf.logSumExp }).map(([op, fn]) =>
    along(op, (x, axis, keep) => fn(x, axis, keep)),
  ),
  along('prod', (x, axis, keep) => tf.prod(tf.tanh(x), axis, keep)),
  ...Object.entries({ all: tf.all, any: tf.any }).map(([op, fn]) =>
    along(op, (x, axis, keep) => fn(x, axis, keep), ['bool']),
  ),
  along('argMax', (x, axis) => tf.argMax(x, axis), ['int32']),
  along('argMin', (x, axis) => tf.argMin(x, axis), ['int32']),
  // tfjs on the cpu makes shapes with holes of negative axes.
  along(
    'cumsum',
    (x, axis, exclusive, reverse) => tf.cumsum(x, axis < 0 ? axis + x.rank : axis, exclusive, reverse),
    NUMBERS,
  ),
  along('cumprod', (x, axis, exclusive, reverse) =>
    tf.cumprod(tf.tanh(x), axis < 0 ? axis + x.rank : axis, exclusive, reverse),
  ),
  unary('softmax', x => (x.rank > 0 ? tf.softmax(x) : tf.neg(x))),
  unary('logSoftmax', x => (x.rank > 0 ? tf.logSoftmax(x) : tf.neg(x))),
  along('reverse', (x, axis) => tf.reverse(x, axis), ANY),
  along('expandDims', (x, axis) => (x.rank < 4 ? tf.expandDims(x, axis) : tf.clone(x)), ANY),
  along('squeeze', x => tf.squeeze(x), ANY),
  {
    op: 'transpose',
    dtypes: ANY,
    make: (d, x) => {
      const axes = x.shape.map((_, i) => i)
      for (let i = axes.length - 1; i > 0; i--) {
        const j = d.int(0, i)
        ;[axes[i], axes[j]] = [axes[j]!, axes[i]!]
      }
      return ([v]) => tf.transpose(v!, axes)
    },
  },
  {
    op: 'slice',
    dtypes: ANY,
    make: (d, x) => {
      if (x.rank === 0) return undefined
      const begin = x.shape.map(size => d.int(0, size - 1))
      const size = x.shape.map((length, i) => d.int(1, length - begin[i]!))
      return ([v]) => tf.slice(v!, begin, size)
    },
  },
  {
    op: 'stridedSlice',
    dtypes: ANY,
    make: (d, x) => {
      if (x.rank === 0 || x.rank > 4) return undefined
      const strides = x.shape.map(() => d.pick([1, 2, -1, -2]))
      const begin = x.shape.map((size, i) => (strides[i]! > 0 ? 0 : size - 1))
      const end = x.shape.map((size, i) => (strides[i]! > 0 ? size : -size - 1))
      return ([v]) => tf.stridedSlice(v!, begin, end, strides)
    },
  },
  {
    op: 'pad',
    dtypes: NUMBERS,
    make: (d, x) => {
      if (x.rank === 0 || x.rank > 4) return undefined
      const paddings = x.shape.map((): [number, number] => [d.int(0, 2), d.int(0, 2)])
      const value = d.int(-2, 2)
      return ([v]) => tf.pad(v!, paddings, value)
    },
  },
  {
    op: 'mirrorPad',
    dtypes: REAL,
    make: (d, x) => {
      if (x.rank === 0 || x.rank > 4) return undefined
      const mode = d.pick(['reflect', 'symmetric'] as const)
      const most = (size: number): number => (mode === 'reflect' ? size - 1 : size)
      const paddings = x.shape.map((size): [number, number] => [d.int(0, most(size)), d.int(0, most(size))])
      return ([v]) => tf.mirrorPad(v!, paddings, mode)
    },
  },
  {
    op: 'tile',
    dtypes: NUMBERS,
    make: (d, x) => {
      if (x.rank === 0 || x.size > 200) return undefined
      const reps = x.shape.map(() => d.int(1, 3))
      return ([v]) => tf.tile(v!, reps)
    },
  },
  {
    op: 'reshape',
    dtypes: ANY,
    make: (d, x) => {
      const divisors = Array.from({ length: x.size }, (_, i) => i + 1).filter(i => x.size % i === 0)
      const first = d.pick(divisors)
      const second = d.pick(divisors.filter(i => (x.size / first) % i === 0))
      const shape = d.pick([[-1], [first, x.size / first], [first, second, x.size / first / second]])
      return ([v]) => tf.reshape(v!, shape)
    },
  },
  {
    op: 'concat',
    dtypes: ANY,
    second: (x, y) => x.dtype === y.dtype && x.rank > 0 && x.shape.join() === y.shape.join(),
    make: (d, x) => {
      const axis = axisOf(d, x)
      return ([a, b]) => tf.concat([a!, b!], axis)
    },
  },
  {
    op: 'split',
    dtypes: NUMBERS,
    make: (d, x) => {
      const axes = x.shape.flatMap((size, i) => (size > 1 ? [i] : []))
      if (axes.length === 0) return undefined
      const axis = d.pick(axes)
      const first = d.int(1, x.shape[axis]! - 1)
      return ([v]) => tf.split(v!, [first, x.shape[axis]! - first], axis)[first % 2]!
    },
  },
  {
    op: 'gather',
    dtypes: ANY,
    make: (d, x) => {
      if (x.rank === 0) return undefined
      const axis = d.int(0, x.rank - 1)
      const indices = Array.from({ length: d.int(1, 5) }, () => d.int(0, x.shape[axis]! - 1))
      return ([v]) => tf.gather(v!, tf.tensor1d(indices, 'int32'), axis)
    },
  },
  {
    op: 'segmentSum',
    dtypes: REAL,
    make: (d, x) => {
      if (x.rank === 0) return undefined
      const ids = Array.from({ length: x.shape[0]! }, () => d.int(-1, 3))
      return ([v]) => tf.unsortedSegmentSum(v!, tf.tensor1d(ids, 'int32'), 4)
    },
  },
  {
    op: 'oneHot',
    dtypes: ['int32'],
    make: (d, x) => {
      if (x.rank > 3) return undefined
      const depth = d.int(2, 5)
      return ([v]) => tf.cast(tf.oneHot(v!, depth), 'float32')
    },
  },
  {
    op: 'topk',
    dtypes: REAL,
    make: (d, x) => {
      if (x.rank === 0) return undefined
      const k = d.int(1, x.shape.at(-1)!)
      return ([v]) => tf.topk(v!, k).values
    },
  },
  {
    op: 'matMul',
    dtypes: REAL,
    second: (x, y) =>
      x.dtype === y.dtype &&
      x.rank >= 2 &&
      y.rank === x.rank &&
      x.shape.slice(0, -2).join() === y.shape.slice(0, -2).join(),
    make: (d, x, [y]) => {
      const fits = [false, true].flatMap(a =>
        [false, true].flatMap(b => {
          const inner = x.shape.at(a ? -2 : -1)!
          return y!.shape.at(b ? -1 : -2) === inner ? [[a, b] as const] : []
        }),
      )
      if (fits.length === 0) return undefined
      const [a, b] = d.pick(fits)
      return ([u, v]) => tf.matMul(u!, v!, a, b)
    },
  },
  {
    op: 'conv2d',
    dtypes: REAL,
    make: (d, x) => {
      if (x.rank !== 4) return undefined
      const pad = d.pick(['same', 'valid'] as const)
      const [h, w] = [d.int(1, Math.min(3, x.shape[1]!)), d.int(1, Math.min(3, x.shape[2]!))]
      const [c, out, strides] = [x.shape[3]!, d.int(1, 3), d.int(1, 2)]
      const filter = Float32Array.from({ length: h * w * c * out }, () => d.next() - 0.5)
      return ([v]) => tf.conv2d(v as tf.Tensor4D, tf.tensor4d(filter, [h, w, c, out]), strides, pad)
    },
  },
  ...Object.entries({ maxPool: tf.maxPool, avgPool: tf.avgPool }).map(
    ([op, pool]): Rule => ({
      op,
      dtypes: REAL,
      make: (d, x) => {
        if (x.rank !== 4) return undefined
        const pad = d.pick(['same', 'valid'] as const)
        const size: [number, number] = [
          d.int(1, Math.min(3, x.shape[1]!)),
          d.int(1, Math.min(3, x.shape[2]!)),
        ]
        const strides = d.int(1, 2)
        return ([v]) => pool(v as tf.Tensor4D, size, strides, pad)
      },
    }),
  ),
]

/** Ops that do otherwise than tfjs with special values, as COVERAGE.md of the compiler says: by NaN, and by large int32. */
const OTHERWISE: Readonly<Record<string, string>> = {
  ...{ topk: 'float32', segmentSum: 'float32' },
  ...{ abs: 'int32', square: 'int32', mul: 'int32', squaredDifference: 'int32' },
}

/** Options of {@link randomGraph}. */
export interface RandomGraphOptions {
  /** The greatest number of ops. Default: 12. */
  most?: number
  /** For NaN, infinities and large numbers: forward only, and without the ops that are known to differ there. */
  special?: boolean
}

/** A random graph, which tfjs can compute. Its own tensors are disposed of. */
export function randomGraph(d: Dice, { most = 12, special = false }: RandomGraphOptions = {}): RandomGraph {
  const inputs = Array.from(
    { length: d.int(1, 3) },
    (): GraphInput => ({
      shape: Array.from({ length: d.int(0, 4) }, () => d.int(1, 5)),
      dtype: d.pick(['float32', 'float32', 'float32', 'int32', 'bool'] as const),
    }),
  )
  // Inputs that broadcast: an axis of 1 here and there, or fewer axes.
  for (const input of inputs.slice(1))
    if (d.next() < 0.7) input.shape = inputs[0]!.shape.map(n => (d.next() < 0.2 ? 1 : n)).slice(d.int(0, 1))
  const steps: Step[] = []
  tf.tidy(() => {
    const values: Tensor[] = inputs.map(({ shape, dtype }) => tf.ones(shape, dtype))
    const count = d.int(1, most)
    for (let tries = 0; steps.length < count && tries < 20 * count; tries++) {
      const rule = d.pick(RULES)
      // Mostly go on from what was made last.
      const first = d.next() < 0.6 ? values.length - 1 : d.int(0, values.length - 1)
      const x = values[first]!
      if (!rule.dtypes.includes(x.dtype) || (special && OTHERWISE[rule.op] === x.dtype)) continue
      const operands = [first]
      if (rule.second) {
        const fitting = values.flatMap((y, i) => (rule.second!(x, y) ? [i] : []))
        if (fitting.length === 0) continue
        operands.push(d.pick(fitting))
      }
      const apply = rule.make(
        d,
        x,
        operands.slice(1).map(i => values[i]!),
      )
      if (!apply) continue
      const made = apply(operands.map(i => values[i]!))
      if (made.size > MOST_ELEMENTS || made.size === 0 || made.rank > 5) continue
      values.push(made)
      steps.push({ op: rule.op, operands, apply })
    }
  })
  return { inputs, steps, gradient: d.next() < 0.4 && !special }
}

/** The graph as a function: its last value and some on the way; with gradients, those of their sum. */
export function functionOf({
  inputs,
  steps,
  gradient,
}: RandomGraph): (given: Record<string, Tensor>) => Record<string, Tensor> {
  const forward = (values: Tensor[]): Tensor[] => {
    const all = [...values]
    for (const { operands, apply } of steps) all.push(apply(operands.map(i => all[i]!)))
    return all.slice(values.length)
  }
  return given => {
    const values = inputs.map((_, i) => given[`x${i}`]!)
    const made = forward(values)
    const outputs: Record<string, Tensor> = {}
    for (const [i, value] of made.entries())
      if (i === made.length - 1 || i % 3 === 0) outputs[`y${i}`] = value
    if (made.length === 0) outputs.y = tf.clone(values[0]!)
    const real = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []))
    const last = made.at(-1)
    if (!gradient || real.length === 0 || last?.dtype !== 'float32') return outputs
    const loss = (...xs: Tensor[]): tf.Scalar => {
      const all = [...values]
      for (const [k, i] of real.entries()) all[i] = xs[k]!
      // Every input takes part, or tfjs refuses.
      const part = xs.map(x => tf.mul(tf.sum(x), 0.5))
      return tf.addN([tf.mean(forward(all).at(-1)!), ...part]) as tf.Scalar
    }
    const grads = tf.grads(loss)(real.map(i => values[i]!))
    for (const [k, i] of real.entries()) outputs[`d${i}`] = grads[k]!
    return outputs
  }
}
