import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type KernelCase, LOOSE, matrix, unary, whole } from './kernel-case.ts'

/** Kernels that reduce, move, pick and multiply. */
export function structuralCases(): KernelCase[] {
  return [
    ...([undefined, 0, 1, -1, [0, 2], [1, 2]] as (number | number[] | undefined)[]).flatMap(axis =>
      [false, true].flatMap(keep => {
        const three: Partial<KernelCase> = { shapes: [['n', 'm', 'k']] }
        const suffix = `${JSON.stringify(axis)} ${keep ? 'kept' : ''}`
        return [
          unary(`Sum ${suffix}`, x => tf.sum(x, axis, keep), three),
          unary(`Mean ${suffix}`, x => tf.mean(x, axis, keep), three),
          unary(`Max ${suffix}`, x => tf.max(x, axis, keep), three),
          unary(`Min ${suffix}`, x => tf.min(x, axis, keep), three),
          unary(`Prod ${suffix}`, x => tf.prod(x, axis, keep), {
            ...three,
            range: [0.5, 1.5],
            tolerance: 1e-4,
          }),
          unary(`All ${suffix}`, x => tf.all(x, axis, keep), { ...three, dtypes: ['bool'] }),
          unary(`Any ${suffix}`, x => tf.any(x, axis, keep), { ...three, dtypes: ['bool'] }),
        ]
      }),
    ),
    unary('Sum int32', x => tf.sum(x, 0), whole),
    unary('Sum bool', x => tf.sum(x, 1), { dtypes: ['bool'] }),
    unary('Mean int32', x => tf.mean(x, 1), whole),
    unary('Max int32', x => tf.max(x, 1), whole),
    unary('ArgMax', x => tf.argMax(x, -1)),
    unary('ArgMax int32 with ties', x => tf.argMax(x, 0), { dtypes: ['int32'], range: [0, 3] }),
    unary('ArgMin', x => tf.argMin(x, 1)),
    unary('Softmax', x => tf.softmax(x), { range: [-9, 9] }),
    unary('logSoftmax', x => tf.logSoftmax(x), { range: [-9, 9] }),
    unary('logSumExp', x => tf.logSumExp(x, 1), { range: [-9, 9] }),
    ...[false, true].flatMap(exclusive =>
      [false, true].map(reverse =>
        unary(`Cumsum ${exclusive ? 'exclusive' : ''} ${reverse ? 'reverse' : ''}`, x =>
          tf.cumsum(x, 1, exclusive, reverse),
        ),
      ),
    ),
    unary('Cumsum int32', x => tf.cumsum(x, 0), whole),
    { name: 'TopK', shapes: [['n', 'k+3']], fn: x => Object.values(tf.topk(x, 3)) },
    {
      name: 'TopK of rank 3, any number of them',
      shapes: [['n', 'm', 'k+1']],
      fn: x => Object.values(tf.topk(x, 1 + (x.shape[0]! % x.shape[2]!))),
    },
    { name: 'TopK of all', shapes: [['k']], fn: x => Object.values(tf.topk(x, x.shape[0])) },
    {
      name: 'TopK with ties',
      shapes: [['n', 'k+3']],
      dtypes: ['int32'],
      range: [0, 3],
      fn: x => Object.values(tf.topk(x, 3)),
    },

    unary('Reshape', x => tf.reshape(x, [-1])),
    unary('Reshape twice', x => tf.reshape(tf.reshape(x, [-1]), x.shape)),
    unary('ExpandDims', x => tf.expandDims(x, 1)),
    unary('squeeze', x => tf.squeeze(tf.expandDims(x, 0))),
    ...[
      [0, 2, 1],
      [2, 0, 1],
      [1, 0, 2],
    ].map(perm => unary(`Transpose ${perm}`, x => tf.transpose(x, perm), { shapes: [['n', 'm', 'k']] })),
    unary('Transpose of one row', x => tf.transpose(x, [1, 2, 0]), { shapes: [['1', 'm', 'k']] }),
    unary('Tile', x => tf.tile(x, [2, 3])),
    unary('broadcastTo', x => tf.broadcastTo(x, [3, x.shape[0]!, 4]), { shapes: [['n', '1']] }),
    {
      name: 'Concat',
      shapes: [
        ['n', 'm'],
        ['n', 'k'],
      ],
      fn: (a, b) => tf.concat([a, b, a], 1),
    },
    {
      name: 'Concat int32 rows',
      shapes: [matrix, matrix],
      dtypes: ['int32', 'int32'],
      fn: (a, b) => tf.concat([a, b]),
    },
    { name: 'Pack', shapes: [matrix, matrix], fn: (a, b) => tf.stack([a, b], 1) },
    { name: 'Pack last', shapes: [matrix, matrix], fn: (a, b) => tf.stack([a, b], -1) },
    { name: 'Unpack', shapes: [['3', 'm']], fn: x => tf.unstack(x) },
    { name: 'Unpack axis 1', shapes: [['n', '3']], dtypes: ['int32'], fn: x => tf.unstack(x, 1) },
    { name: 'SplitV', shapes: [['n', '5']], fn: x => tf.split(x, [1, 4], 1) },
    { name: 'SplitV equal', shapes: [['6', 'm']], fn: x => tf.split(x, 3) },
    unary('Slice', x => tf.slice(x, [1, 0], [2, -1]), { shapes: [['n+3', 'm']] }),
    unary('Slice all', x => tf.slice(x, [0, 0])),
    unary('StridedSlice', x => tf.stridedSlice(x, [0, 1], [5, 4], [2, 1]), { shapes: [['5', '4']] }),
    unary('StridedSlice backwards', x => tf.stridedSlice(x, [4, 0], [-6, 4], [-2, 1]), {
      shapes: [['5', '4']],
    }),
    unary('StridedSlice shrink', x => tf.stridedSlice(x, [1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1), {
      shapes: [['5', '4']],
    }),
    unary('Reverse', x => tf.reverse(x, [1])),
    unary('Reverse all', x => tf.reverse(x)),
    unary('PadV2', x =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        1.5,
      ),
    ),
    unary(
      'PadV2 int32',
      x =>
        tf.pad(
          x,
          [
            [0, 0],
            [2, 0],
          ],
          7,
        ),
      whole,
    ),
    unary(
      'MirrorPad',
      x =>
        tf.mirrorPad(
          x,
          [
            [1, 1],
            [2, 0],
          ],
          'reflect',
        ),
      { shapes: [['n+3', 'm+3']] },
    ),
    unary('Fill and zeros', x => tf.add(tf.add(x, tf.zeros(x.shape)), tf.fill(x.shape, 2.5))),
    unary('Range', x => tf.add(x, tf.range(0, x.shape[1]!))),
    unary('range int32', x => tf.add(x, tf.range(5, 5 - x.shape[1]!, -1, 'int32')), whole),
    unary('linspace', x => tf.add(x, tf.linspace(0, 1, x.shape[1]!))),
    unary('Diag', x => tf.diag(x), { shapes: [['n']] }),
    unary('eye', x => tf.matMul(x, tf.eye(x.shape[1]!))),

    {
      name: 'GatherV2',
      shapes: [['7', 'm'], ['n']],
      dtypes: ['float32', 'int32'],
      range: [0, 7],
      fn: (x, i) => tf.gather(x, i),
    },
    {
      name: 'GatherV2 axis 1',
      shapes: [
        ['n', '7', 'm'],
        ['k', '2'],
      ],
      dtypes: ['int32', 'int32'],
      range: [0, 7],
      fn: (x, i) => tf.gather(x, i, 1),
    },
    {
      name: 'GatherV2 batched',
      shapes: [
        ['3', 'm', '7', 'k'],
        ['3', '4'],
      ],
      dtypes: ['float32', 'int32'],
      range: [0, 7],
      fn: (x, i) => tf.gather(x, i, 2, 1),
    },
    {
      name: 'GatherNd',
      shapes: [
        ['7', '7', 'm'],
        ['n', '2'],
      ],
      dtypes: ['float32', 'int32'],
      range: [0, 7],
      fn: (x, i) => tf.gatherND(x, i),
    },
    {
      name: 'UnsortedSegmentSum',
      shapes: [['n', 'm'], ['n']],
      dtypes: ['float32', 'int32'],
      range: [-1, 6],
      fn: (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 5),
    },
    {
      name: 'UnsortedSegmentSum vectors',
      shapes: [['n'], ['n']],
      dtypes: ['float32', 'int32'],
      range: [0, 3],
      fn: (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, 3),
    },
    {
      name: 'ScatterNd',
      shapes: [
        ['n', '2'],
        ['n', 'm'],
      ],
      dtypes: ['int32', 'float32'],
      range: [0, 3],
      fn: (i, x) => tf.scatterND(i, x, [3, 3, x.shape[1]!]),
    },
    {
      name: 'ScatterNd int32',
      shapes: [['n', '1'], ['n']],
      dtypes: ['int32', 'int32'],
      range: [0, 3],
      fn: (i, x) => tf.scatterND(i, x, [3]),
    },
    {
      name: 'TensorScatterUpdate',
      shapes: [
        ['5', 'm'],
        ['3', '1'],
        ['3', 'm'],
      ],
      dtypes: ['float32', 'int32', 'float32'],
      range: [0, 5],
      fn: (x, i, u) => tf.tensorScatterUpdate(x, i, u),
    },
    {
      name: 'TensorScatterUpdate elements',
      shapes: [['4', '4', '4'], ['n', '3'], ['n']],
      dtypes: ['float32', 'int32', 'float32'],
      range: [0, 4],
      fn: (x, i, u) => tf.tensorScatterUpdate(x, i, u),
    },
    { name: 'OneHot', shapes: [matrix], dtypes: ['int32'], range: [-1, 6], fn: i => tf.oneHot(i, 5) },
    {
      name: 'OneHot values',
      shapes: [['n']],
      dtypes: ['int32'],
      range: [0, 5],
      fn: i => tf.oneHot(i, 5, 7, 2, 'int32'),
    },

    ...[false, true].flatMap(tA =>
      [false, true].flatMap(tB => {
        const a = tA ? ['k', 'n'] : ['n', 'k']
        const b = tB ? ['m', 'k'] : ['k', 'm']
        const fn = (x: Tensor, y: Tensor): Tensor => tf.matMul(x, y, tA, tB)
        const name = `BatchMatMul ${tA ? 'T' : 'N'}${tB ? 'T' : 'N'}`
        return [
          { name, shapes: [a, b], tolerance: LOOSE, fn },
          {
            name: `${name} batch`,
            shapes: [
              ['3', ...a],
              ['3', ...b],
            ],
            tolerance: LOOSE,
            fn,
          },
          { name: `${name} broadcast`, shapes: [['2', '3', ...a], b], tolerance: LOOSE, fn },
          {
            name: `${name} of transposes`,
            shapes: [a.toReversed(), b.toReversed()],
            tolerance: LOOSE,
            fn: (x: Tensor, y: Tensor) => fn(tf.transpose(x), tf.transpose(y)),
          },
        ]
      }),
    ),
    { name: 'dot', shapes: [['n'], ['n']], tolerance: LOOSE, fn: (a, b) => tf.dot(a, b) },
    {
      name: 'fused matMul',
      shapes: [['n', 'k'], ['m', 'k'], ['m']],
      tolerance: LOOSE,
      fn: (a, b, bias) => tf.fused.matMul({ a, b, bias, transposeB: true, activation: 'relu' }),
    },
    ...(
      [
        'ij,jk->ik',
        'bij,bjk->bik',
        'bij,bkj->bki',
        'bqhd,bkhd->bhqk',
        'i,j->ji',
        'ij,jk->i',
        'ij->ji',
        'ijk->k',
        'bhqk,bkhd->bqhd',
        'bi,bj->bij',
        'ij,kj->ki',
        'ij,ij->',
        'bij,ij->b',
      ] as const
    ).map(equation => ({
      name: `Einsum ${equation}`,
      shapes: equation
        .split('->')[0]!
        .split(',')
        .map(term =>
          [...term].map(l => ({ i: 'n', j: 'm', k: 'k', b: 'm+1', q: 'n+2', h: 'k+1', d: 'n+1' })[l]!),
        ),
      tolerance: LOOSE,
      fn: (...operands: Tensor[]) => tf.einsum(equation, ...operands.filter(Boolean)),
    })),
    {
      name: 'batchNorm',
      shapes: [['n', 'm', 'k', '3'], ['3'], ['3']],
      range: [0.1, 2],
      tolerance: LOOSE,
      fn: (x, mean, variance) =>
        tf.batchNorm(
          x as tf.Tensor4D,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
        ),
    },
    { name: 'moments', shapes: [['n', 'm']], tolerance: LOOSE, fn: x => Object.values(tf.moments(x, 1)) },
    { name: 'norm', shapes: [['n', 'm']], tolerance: LOOSE, fn: x => tf.norm(x, 'euclidean', 1) },
  ]
}
